"""The state of blind intervals of calls that a log may not record: plain data, no rules.

The rules, and the texts of such intervals, are in `ingest.rules.unrecorded`.
"""

from __future__ import annotations

FORKS = "forks"
ENDS = "ends"
OPENINGS = "openings"
ARRIVALS = "arrivals"
KINDS = (FORKS, ENDS, OPENINGS, ARRIVALS)
"""Every kind, in the order in which intervals are emitted."""


class Stretch:
    """The stretch of log since which a kind of calls has had no record, and the number of signs that such calls happened."""

    __slots__ = ("first", "kind", "listening", "recorded", "signs")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.first = 0
        self.signs = 0
        self.recorded = False
        self.listening = True
        """Whether a record of the call would change this state, so that `record_seen` must be called for it."""
