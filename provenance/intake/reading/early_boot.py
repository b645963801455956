"""A boot that begins before the whole stored log: an older log, or one of a machine whose clock was behind.

An input that begins with a boot can be either. Its clock decides it: where it leaps from a time before the stored log to one
after it, and the serials go on, the machine was in one boot all the while, so that boot came after the stored log. Until then
its events wait. If nothing shows it, they are older.
"""

from __future__ import annotations

from provenance.ingest.clock import ms_of
from provenance.ingest.deriver import Deriver
from provenance.ingest.pyauparse import Event
from provenance.ingest.rules.counts import EARLY, is_boot

_NEAR = 64
"""The most serials that may be missing where the clock leaps."""
_MOST = 50_000
_MOST_BYTES = 64 << 20


class EarlyBoot:
    """The events of a boot at the beginning of an input that wait for the proof."""

    def __init__(self, deriver: Deriver) -> None:
        self.over = False
        """Whether nothing waits, and nothing will."""
        self.unproved = 0
        """How many events waited for a proof that did not come."""
        self._deriver = deriver
        self._held: list[Event] = []
        self._last: Event | None = None
        self._bytes = 0
        self._signed = False

    def take(self, event: Event) -> list[Event]:
        """Take the next event of the input; return those to be derived now."""
        host = self._deriver.host
        if event.daemon:
            self._signed = self._signed or event.first("DAEMON_START") is not None
            return self._wait(event) if event.ms < ms_of(host.first) else self._end([event])
        if self._last is None:
            return self._wait(event) if self._begins(event) else self._end([event])
        if event.ms > ms_of(host.moment) and self._goes_on(event, self._last):
            self._deriver.begin_boot()
            return self._end([event])
        if event.ms >= ms_of(host.first) or len(self._held) >= _MOST or self._bytes >= _MOST_BYTES:
            return self.end([event])
        return self._wait(event)

    def end(self, events: list[Event] | None = None) -> list[Event]:
        """The events that wait, and others after them: no proof will come."""
        if self._last is not None and not self.over:
            self.unproved = len(self._held)
        return self._end(events or [])

    def _end(self, events: list[Event]) -> list[Event]:
        held, self._held, self.over = self._held, [], True
        return held + events

    def _wait(self, event: Event) -> list[Event]:
        self._held.append(event)
        self._bytes += len(event.raw)
        if not event.daemon:
            self._last = event
        return []

    def _begins(self, event: Event) -> bool:
        host = self._deriver.host
        is_new = event.ms < ms_of(host.first) and (event.ms, event.serial) not in host.boots
        return is_new and event.serial <= EARLY and (self._signed or is_boot(event))

    def _goes_on(self, event: Event, last: Event) -> bool:
        stored = self._deriver.host.lowest_serial, self._deriver.last[1]
        if any(last.serial < serial < event.serial for serial in stored):
            return False
        return event.generation == last.generation and 0 < event.serial - last.serial <= _NEAR
