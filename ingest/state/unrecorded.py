"""Kinds of calls that a log may not record, and what is counted of each: plain state, no rules.

The rules, and what a responder reads of such an interval, are in `ingest.rules.unrecorded`.
"""

from __future__ import annotations

FORKS = "forks"
ENDS = "ends"
OPENINGS = "openings"
ARRIVALS = "arrivals"
KINDS = (FORKS, ENDS, OPENINGS, ARRIVALS)
"""Every kind, in the order in which intervals are stated."""


class Stretch:
    """How long a kind of calls has had no record, and the signs that it should have had some."""

    __slots__ = ("first", "kind", "listening", "recorded", "signs")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.first = 0
        self.signs = 0
        self.recorded = False
        self.listening = True
        """A record of the call would change something: `record_seen` must be called for it."""
