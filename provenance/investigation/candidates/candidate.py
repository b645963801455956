"""A candidate: one entity or flow of the graph that an alert may be about."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.trace.slice.anchor import Anchor


@dataclass(frozen=True, slots=True)
class Candidate:
    """An anchor for a trace, a score from 0 to 1 for how well it matches the alert, and the reasons for the score."""

    anchor: Anchor
    score: float
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The reasons in one line."""
        return "; ".join(self.reasons)
