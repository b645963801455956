"""Records into events, events into order.

The order of a host's events is its serials' (a record's time is when its system call began). Lines of events interleave,
so an event waits until serials `REORDER` above its own have been seen, or until log time has moved on by `WINDOW_MS` to
twice that. It waits no longer than for the event before it when both are known to be finished. All of this is read off the
lines alone, so how the input is cut into pieces changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from .event import Event
from .values.record_types import ALONE

REORDER = 1024
"""Serials an event may be behind the newest one and still find its place."""
WINDOW_MS = 2000
_RESTART = 10_000
"""A serial this far below the newest, at a later time, belongs to a new count (boot, or a wrap at 2^32)."""
_LAST_LINES = 512
_LOOK_AFTER = 16
"""Events that wait are looked through when there are twice as many as the last look left, and this many more."""


class Assembler:
    """The events of one node that are not given out yet."""

    __slots__ = (
        "_daemons",
        "_generation",
        "_look_at",
        "_mark_ms",
        "_mark_serial",
        "_max_ms",
        "_newest",
        "_passed",
        "_ready",
        "events",
    )

    def __init__(self) -> None:
        self.events: dict[tuple[int, int], Event] = {}
        self._daemons = 0
        self._generation = 0
        self._look_at = 0
        self._newest = -1
        self._passed = -1
        self._ready: list[Event] = []
        self._max_ms = 0
        self._mark_ms = 0
        self._mark_serial = -1

    def open_daemon(self, event: Event) -> None:
        """Take a new event of the audit daemon itself, whose serials count nothing else."""
        event.key = (self._generation << 34 | self._newest + 1) << 1 | 1
        self._daemons += 1
        self.events[-self._daemons, event.serial] = event

    def open(self, event: Event, stamp: tuple[int, int], finished: bool = False) -> None:
        """Take a new event, its time in milliseconds and serial being `stamp`: give it its place in the order.

        `finished` says that no more records of it will come.
        """
        ms, serial = stamp
        if finished and serial == self._passed + 1 and serial > self._newest and not self.events:
            self._next(event, ms, serial)
            return
        if serial > self._newest:
            self._newest = serial
        elif _restarted(self._newest - serial, ms - self._max_ms):
            self._generation += 1
            self._newest = serial
            self._passed = self._mark_serial = -1
        if ms > self._max_ms:
            self._max_ms = ms
            if ms >= self._mark_ms + WINDOW_MS:
                self._passed = max(self._passed, self._mark_serial)
                self._mark_ms, self._mark_serial = ms, self._newest
        if self._newest - REORDER > self._passed:
            self._passed = self._newest - REORDER
        if serial <= self._passed:
            event.late = True
            event.key = (self._generation << 34 | self._passed + 1) << 1 | 1
        else:
            event.key = (self._generation << 34 | serial + 1) << 1
        if finished and serial == self._passed + 1 and not self.events:
            self._passed = serial
            self._ready.append(event)
            return
        self.events[stamp] = event
        if len(self.events) >= self._look_at:
            self._look()

    def _next(self, event: Event, ms: int, serial: int) -> None:
        """Give out an event that follows the last one: what `open` does, without a place among those that wait."""
        self._newest = self._passed = serial
        if ms > self._max_ms:
            self._max_ms = ms
            if ms >= self._mark_ms + WINDOW_MS:
                self._mark_ms, self._mark_serial = ms, serial
        self._ready.append(event)

    def _look(self) -> None:
        """Let go of the events whose place has passed, and of finished ones that follow these without a gap."""
        limit = (self._generation << 34 | self._passed + 1) << 1 | 1
        ordered = sorted(self.events.items(), key=lambda item: item[1].key)
        place = 0
        for (ms, serial), event in ordered:
            if event.key > limit and ms >= 0:
                if serial != self._passed + 1 or not _finished(event):
                    break
                self._passed = serial
            place += 1
        self._ready += self._take(ordered[:place])
        self._look_at = 2 * len(self.events) + _LOOK_AFTER

    def release(self) -> list[Event]:
        """The events whose place has passed, in order; they are forgotten."""
        ready, self._ready = self._ready, []
        return ready

    def drain(self, lines: int, proctitles: bool) -> list[Event]:
        """All events up to the first that may still be unfinished, `lines` being the number of lines read."""
        ordered = sorted(self.events.items(), key=lambda item: item[1].key)
        for place, (_, event) in enumerate(ordered):
            if event.line > lines - _LAST_LINES and _unfinished(event, proctitles):
                return self.release() + self._take(ordered[:place])
        return self.release() + self._take(ordered)

    def rest(self) -> list[Event]:
        """All that is left, in order."""
        return self.release() + self._take(list(self.events.items()))

    def _take(self, items: Iterable[tuple[tuple[int, int], Event]]) -> list[Event]:
        taken = sorted(items, key=lambda item: item[1].key)
        for key, _ in taken:
            del self.events[key]
        return [event for _, event in taken]


def _restarted(behind: int, ahead_ms: int) -> bool:
    """Whether a serial `behind` the newest one begins a new count. An event that is only late cannot be much later in
    time than one that was given its serial after it."""
    return (ahead_ms > WINDOW_MS and behind > 0) or (behind > _RESTART and ahead_ms >= 0)


def missing(event: Event) -> bool:
    """Whether an event lacks records that its SYSCALL announces, or the SYSCALL that its records belong to."""
    types = event.types
    if "SYSCALL" not in types:
        return bool(types) and all(type in _PARTS for type in types)
    syscall = event.first("SYSCALL")
    items = syscall.value("items") if syscall is not None else None
    return items is not None and items.isdigit() and types.count("PATH") < int(items)


def _finished(event: Event) -> bool:
    """Whether no more records of an event will come: the kernel writes PROCTITLE last (kernel/auditsc.c, audit_log_exit)."""
    if not event.in_pieces:
        return True
    types = event.types
    return bool(types) and (types[-1] in ALONE or (types[-1] == "PROCTITLE" and "SYSCALL" in types))


def _unfinished(event: Event, proctitles: bool) -> bool:
    if missing(event):
        return True
    types = set(event.types)
    return proctitles and "SYSCALL" in types and not types & {"PROCTITLE", "EOE"}


_PARTS = frozenset(
    (
        *("PATH", "CWD", "EXECVE", "PROCTITLE", "SOCKADDR", "FD_PAIR", "SOCKETCALL", "MMAP", "OBJ_PID", "CAPSET"),
        *("BPRM_FCAPS", "IPC", "MQ_OPEN", "MQ_SENDRECV", "MQ_GETSETATTR", "MQ_NOTIFY", "OPENAT2"),
    )
)
