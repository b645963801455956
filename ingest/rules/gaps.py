"""Gaps in the serials as blind intervals (docs/semantics.md#blind-intervals); how many serials are missing is a counter."""

from __future__ import annotations

from ..clock import at_ms
from ..facts import Blind
from ..state.host import Host

MISSING = "missing serials"
"""The counter of serials that a host's log lacks."""
EXPLAINED = "missing serials that other hosts hold"
"""The counter of those among them that are in the logs of other hosts with the same kernel."""
_APART_MS = 60_000
"""Gaps closer than this are one interval: a filtered log has one at every other event."""
_REMEMBERED = 1024
"""An event that is late has a serial at most so far below the last one: the parser puts events into order that far."""
WHY = (
    "serials are missing from this log: events were lost, filtered out, or belong to another host that shares the "
    "kernel; anything can have happened in them"
)
"""The same text for each interval: one that is open when a log ends is emitted again, longer, by the next ingest."""


class Gaps:
    """Merges gaps in the serials of one host into blind intervals, and remembers in the host the last of the missing serials."""

    __slots__ = ("first", "last", "missing_events")

    def __init__(self) -> None:
        self.first = 0
        self.last = 0
        self.missing_events = 0

    def fill(self, host: Host, serial: int, last: int) -> bool:
        """Whether a serial is one of the missing ones, which it then is no more."""
        if serial < last - _REMEMBERED:
            return False
        for place, (first, end) in enumerate(host.missing):
            if first <= serial <= end:
                parts = ((first, serial - 1), (serial + 1, end))
                host.missing[place : place + 1] = [part for part in parts if part[0] <= part[1]]
                host.count(MISSING, -1)
                self.missing_events = max(self.missing_events - 1, 0)
                return True
        return False

    def add_missing(self, host: Host, first: int, next: int, ms: int) -> None:
        """The serials from `first` on are missing before that of the event at `ms` that comes now, which is `next`."""
        count = next - first
        host.missing.append((first, next - 1))
        while host.missing[0][1] < next - _REMEMBERED:
            del host.missing[0]
        if self.missing_events and ms - self.last > _APART_MS:
            self.conclude(host)
        if not self.missing_events:
            self.first = host.moment
        self.missing_events += count
        host.count(MISSING, count)
        self.last = max(self.last, ms)

    def conclude(self, host: Host) -> None:
        """Emit the open interval."""
        if self.missing_events:
            last = max(at_ms(self.last), self.first)
            host.batch.blinds.append(Blind(host.name, self.first, last, WHY))
            self.missing_events = 0


def begin(host: Host, serial: int) -> None:
    """A count of serials begins in the log with this one."""
    host.lowest_serial = serial
    host.missing.clear()


def may_be_missing(host: Host, serial: int, last: int) -> bool:
    """Whether an event with this serial may still come late, when `last` is the last serial."""
    if serial < last - _REMEMBERED:
        return False
    return serial < host.lowest_serial or any(first <= serial <= end for first, end in host.missing)
