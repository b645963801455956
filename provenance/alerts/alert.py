"""An alert of another product, in the one form that anchoring understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it was read. `id` is made from (source, external id) so that the same alert is one alert; `body` has the
    fields of our own format (docs/alerts.md)."""

    id: str
    source: str
    external_id: str
    title: str
    body: Mapping[str, Any] = field(default_factory=dict)
