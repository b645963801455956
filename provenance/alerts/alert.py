"""The alert of another product, with the fields of our own alert format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.alerts.fields import AlertFields, read_fields


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. `id` is computed from source and external id, so it identifies the alert however often it is received; `body` has
    the fields of our own format (docs/alerts.md) as JSON. Whoever needs one of them reads it from `fields`."""

    id: str
    source: str
    external_id: str
    title: str
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> AlertFields:
        """The fields of the body with checked types; they are read again at each access."""
        return read_fields(self.body)
