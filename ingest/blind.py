"""What a log cannot show (design section 11): gaps in the serials, as intervals that say how much is missing."""

from __future__ import annotations

from ingest.clock import at_ms
from ingest.host import Host

_APART_MS = 60_000
"""Gaps closer than this are one interval: a filtered log has one at every other event."""


class Gaps:
    """Joins gaps in the serials of one host into intervals."""

    __slots__ = ("first", "last", "missing_events")

    def __init__(self) -> None:
        self.first = 0
        self.last = 0
        self.missing_events = 0

    def missing(self, host: Host, count: int, ms: int) -> None:
        """`count` serials are missing between the host's last event and the one at `ms` that comes now."""
        if self.missing_events and ms - self.last > _APART_MS:
            self.conclude(host)
        if not self.missing_events:
            self.first = host.moment
        self.missing_events += count
        self.last = max(self.last, ms)

    def conclude(self, host: Host) -> None:
        """State the interval that is open."""
        if self.missing_events:
            why = (
                f"{self.missing_events} serials are missing from this log: events were lost, filtered out, or belong to "
                "another host that shares the kernel; anything can have happened in them"
            )
            host.blind(why, self.first, max(at_ms(self.last), self.first))
            self.missing_events = 0
