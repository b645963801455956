"""The state of blind intervals of calls that a log may not record: plain data, no rules.

The rules, and the texts of such intervals, are in `ingest.rules.unrecorded_calls`.
"""

from __future__ import annotations

FORKS = "forks"
ENDS = "ends"
OPENINGS = "openings"
ARRIVALS = "arrivals"
KINDS = (FORKS, ENDS, OPENINGS, ARRIVALS)
"""Every kind of which signs are counted, in the order in which intervals are emitted."""
CONNECTS = "connects"
PROGRAMS = "programs"
CALLS = (*KINDS, CONNECTS, PROGRAMS)
"""Every kind of which is known whether the log holds a record at all."""
BITS = {kind: 1 << place for place, kind in enumerate(CALLS)}
ALL_RECORDED = (1 << len(CALLS)) - 1


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
