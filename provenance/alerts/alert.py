"""The alert of another product, with the fields of our own alert format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. `id` is computed from source and external id, so it identifies the alert however often it is received; `body` has
    the fields of our own format (docs/alerts.md)."""

    id: str
    source: str
    external_id: str
    title: str
    body: Mapping[str, Any] = field(default_factory=dict)
