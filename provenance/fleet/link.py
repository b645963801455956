"""A link: an outbound and an inbound group of connections that are taken for the two sides of the same ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """Two groups that belong together. A `firm` link is the only one for its ends; others share the ends that firm ones leave.
    `out` and `into` are the indexes of its groups, `score` is the number of connections that agree."""

    out: int
    into: int
    score: float
    confidence: float
    firm: bool
    reason: str
