"""Records into events, events into order.

The order of a host's events is its serials' (a record's time is when its system call began). Lines of events interleave,
so an event is given out when serials `REORDER` above its own have been seen, or when log time has moved on by `WINDOW_MS`
to twice that: both are read off the lines alone, so how the input is cut into pieces changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.pyauparse.event import Event

REORDER = 1024
"""Serials an event may be behind the newest one and still find its place."""
WINDOW_MS = 2000
_RESTART = 10_000
"""A serial this far below the newest, at a later time, belongs to a new count (boot, or a wrap at 2^32)."""
_LAST_LINES = 512


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
        "events",
    )

    def __init__(self) -> None:
        self.events: dict[tuple[int, int], Event] = {}
        self._daemons = 0
        self._generation = 0
        self._look_at = 0
        self._newest = -1
        self._passed = -1
        self._max_ms = 0
        self._mark_ms = 0
        self._mark_serial = -1

    def open_daemon(self, event: Event) -> None:
        """Take a new event of the audit daemon itself, whose serials count nothing else."""
        event.key = (self._generation << 34 | self._newest + 1) << 1 | 1
        self._daemons += 1
        self.events[-self._daemons, event.serial] = event

    def open(self, event: Event, stamp: tuple[int, int]) -> None:
        """Take a new event, its time in milliseconds and serial being `stamp`: give it its place in the order."""
        ms, serial = stamp
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
        self.events[stamp] = event

    def release(self) -> list[Event]:
        """The events whose place has passed, in order; they are forgotten. Looks when enough have come since it last did."""
        if len(self.events) < self._look_at:
            return []
        limit = (self._generation << 34 | self._passed + 1) << 1 | 1
        given = self._take([item for item in self.events.items() if item[1].key <= limit])
        self._look_at = 2 * len(self.events)
        return given

    def drain(self, lines: int, proctitles: bool) -> list[Event]:
        """All events up to the first that may still be unfinished, `lines` being the number of lines read."""
        ordered = sorted(self.events.items(), key=lambda item: item[1].key)
        for place, (_, event) in enumerate(ordered):
            if event.line > lines - _LAST_LINES and _unfinished(event, proctitles):
                return self._take(ordered[:place])
        return self._take(ordered)

    def rest(self) -> list[Event]:
        """All that is left, in order."""
        return self._take(list(self.events.items()))

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
