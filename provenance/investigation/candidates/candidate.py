"""One thing that an alert may speak of."""

from __future__ import annotations

from dataclasses import dataclass

from provenance.trace.anchor import Anchor


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where a trace could start, how surely the alert means it (0 to 1), and why."""

    anchor: Anchor
    score: float
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The reasons in one line."""
        return "; ".join(self.reasons)
