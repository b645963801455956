"""Gaps in the serials as blind intervals (docs/semantics.md#blind-intervals); how many serials are missing is a counter."""

from __future__ import annotations

from ..clock import at_ms
from ..facts import Blind
from ..state.host import Host

_APART_MS = 60_000
"""Gaps closer than this are one interval: a filtered log has one at every other event."""
_WHY = (
    "serials are missing from this log: events were lost, filtered out, or belong to another host that shares the "
    "kernel; anything can have happened in them"
)
"""The same text for each interval: one that is open when a log ends is emitted again, longer, by the next ingest."""


class Gaps:
    """Merges gaps in the serials of one host into blind intervals."""

    __slots__ = ("first", "last", "missing_events")

    def __init__(self) -> None:
        self.first = 0
        self.last = 0
        self.missing_events = 0

    def add_missing(self, host: Host, count: int, ms: int) -> None:
        """`count` serials are missing between the host's last event and the one at `ms` that comes now."""
        if self.missing_events and ms - self.last > _APART_MS:
            self.conclude(host)
        if not self.missing_events:
            self.first = host.moment
        self.missing_events += count
        host.count("missing serials", count)
        self.last = max(self.last, ms)

    def conclude(self, host: Host) -> None:
        """Emit the open interval."""
        if self.missing_events:
            last = max(at_ms(self.last), self.first)
            host.batch.blinds.append(Blind(host.name, self.first, last, _WHY))
            self.missing_events = 0
