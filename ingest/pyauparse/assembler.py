"""The assembler: groups records into events and puts the events into order.

The events of a host are ordered by serial, because the time of a record is the time at which its system call began. The
lines of events interleave, so an event waits until a serial `REORDER` above its own has been read, or until the time in the
log has advanced by `WINDOW_MS` to twice that and `_NEAREST` serials have followed. A finished event is released as soon as the
event before it is. Only the lines decide this, so the size of the chunks in which the input is fed changes nothing.

A call that waited (accept, wait4) has a time long before that of its neighbours, so an event with a smaller serial and a later
time is no proof that serials started again. It waits (`_doubtful`) until later lines decide it. So do the first events of a boot
whose clock is behind (`boots`).
"""

from __future__ import annotations

from collections.abc import Iterable

from .boots import REORDER, Boots, Sign
from .event import Event
from .values.numbers import number
from .values.record_types import ALONE

WINDOW_MS = 2000
_NEAREST = 16
"""So many serials must have followed before time alone releases an event: lines that were written together can be swapped."""
_FAR = 10_000
"""A serial this far below the newest one is doubtful at any later time, however short."""
_MANY = 8
"""So many events whose serials are smaller and whose times are later show that serials started again."""
_FEW = 3
"""So many show it that follow a record of a boot, and are too far below the newest serial to be late."""
_LAST_LINES = 512
_SCAN_MARGIN = 16
"""The waiting events are scanned when there are twice as many as the last scan left, plus this many."""


class Assembler:
    """The events of one node that have not been released yet."""

    __slots__ = (
        "_behind",
        "_boots",
        "_daemon_at",
        "_daemons",
        "_doubtful",
        "_first",
        "_generation",
        "_mark_ms",
        "_mark_serial",
        "_max_ms",
        "_missing",
        "_newest",
        "_passed",
        "_ready",
        "_scan_at",
        "_times",
        "events",
    )

    def __init__(self) -> None:
        self.events: dict[tuple[int, int], Event] = {}
        self._daemons = 0
        self._generation = 0
        self._scan_at = 0
        self._newest = -1
        self._passed = -1
        self._ready: list[Event] = []
        self._max_ms = 0
        self._mark_ms = 0
        self._mark_serial = -1
        self._first = -1
        """The smallest serial since serials started."""
        self._missing: set[int] = set()
        """The serials below the newest that have not been read, as far as `REORDER` back."""
        self._doubtful: list[tuple[int, int]] = []
        """Events that are late, or the first ones after serials started again. Their keys say the latter."""
        self._daemon_at = -1
        """The newest serial when the daemon last wrote that it started."""
        self._boots = Boots()
        self._times = self._boots.times
        self._behind = False
        """Whether doubtful events have earlier times than those before."""

    def begin_file(self) -> None:
        """Note that the events that follow are from another file."""
        self._boots.begin_file(self._newest)

    def open_daemon(self, event: Event, starts: bool) -> None:
        """Add a new event that the audit daemon wrote about itself. The daemon counts its own serials."""
        if starts:
            self._daemon_at = self._newest
            self._boots.add_daemon(event.ms, event.serial)
        event.key = (self._generation << 34 | self._newest + 1) << 1 | 1
        self._daemons += 1
        self.events[-self._daemons, event.serial] = event

    def open(self, event: Event, stamp: tuple[int, int], finished: bool = False, sign: Sign = Sign.NONE) -> None:
        """Add a new event and give it its place in the order. `stamp` is its time in milliseconds and its serial.

        `finished` says that no more records of the event will come, `sign` what its record says of a boot. For a finished event
        `append` has to be tried first.
        """
        ms, serial = stamp
        new_sign = self._boots.new_sign(sign, stamp) if sign else sign
        if serial > self._newest:
            if self._doubtful:
                self._settle(False)
            if serial > self._newest + 1 or self._newest < 0:
                self._add_missing(ms, serial)
            self._newest = serial
        elif serial < self._newest and self._is_doubtful(ms, serial):
            self._hold(event, stamp)
            if sign == Sign.BOOT or len(self._doubtful) >= _MANY or self._has_restarted(serial):
                self._settle(True)
            return
        elif self._is_behind(ms, serial, new_sign):
            self._hold(event, stamp)
            self._behind = True
            self._boots.sign = max(self._boots.sign, new_sign)
            if self._has_booted(_MANY):
                self._settle(True)
            return
        else:
            self._boots.count_late(serial, self._newest)
        self._place(event, ms, serial)
        if finished and serial == self._passed + 1 and not self.events:
            self._passed = serial
            self._ready.append(event)
            return
        self.events[stamp] = event
        if len(self.events) >= self._scan_at:
            self._scan()

    def _hold(self, event: Event, stamp: tuple[int, int]) -> None:
        """Let an event wait that may be of a new count of serials."""
        event.key = (self._generation + 1 << 34 | stamp[1] + 1) << 1
        self.events[stamp] = event
        self._doubtful.append(stamp)

    def _place(self, event: Event, ms: int, serial: int) -> None:
        """Give an event its place among those with the same count of serials."""
        if serial < self._first:
            self._missing.update(range(max(serial, self._first - REORDER) + 1, self._first))
            self._first = serial
        self._missing.discard(serial)
        self._times[serial % REORDER] = ms
        if ms > self._max_ms:
            self._max_ms = ms
            if serial < self._mark_serial:
                self._mark_ms = max(self._mark_ms, ms)
            elif ms >= self._mark_ms + WINDOW_MS and self._newest - self._mark_serial >= _NEAREST:
                self._passed = max(self._passed, self._mark_serial)
                self._mark_ms, self._mark_serial = ms, self._newest
        if self._newest - REORDER > self._passed:
            self._passed = self._newest - REORDER
        if serial <= self._passed:
            event.late = True
            event.key = (self._generation << 34 | self._passed + 1) << 1 | 1
        else:
            event.key = (self._generation << 34 | serial + 1) << 1

    def _add_missing(self, ms: int, serial: int) -> None:
        """Note the serials between the newest one and the next that is read."""
        if self._newest < 0:
            self._first = serial
            self._boots.begin(ms)
        elif serial > self._newest + 1:
            self._missing.update(range(max(self._newest + 1, serial - REORDER), serial))
            if len(self._missing) > 4 * REORDER:
                self._missing = {one for one in self._missing if one > serial - REORDER}

    def _is_doubtful(self, ms: int, serial: int) -> bool:
        """Whether a serial below the newest one may be of a new count. A boot comes after all events before it."""
        return ms > self._max_ms + WINDOW_MS or (self._newest - serial > _FAR and ms >= self._max_ms)

    def _has_restarted(self, serial: int) -> bool:
        """Whether a doubtful event proves by itself that serials started again: its serial was read before, with another time,
        or the daemon has started since the newest event."""
        return self._was_read(serial) or self._daemon_at == self._newest

    def _was_read(self, serial: int) -> bool:
        """Whether a serial among the last `REORDER` was read since serials started."""
        return serial >= self._first and serial > self._newest - REORDER and serial not in self._missing

    def _is_behind(self, ms: int, serial: int, sign: Sign) -> bool:
        """Whether a serial up to the newest one may be of a new boot with an earlier clock: it was not read with this time."""
        if self._was_read(serial) and not self._boots.has_other_time(ms, serial):
            return False
        return self._behind or self._boots.may_begin(ms, sign, self._newest, self._daemon_at == self._newest)

    def _has_booted(self, most: int) -> bool:
        """Whether the doubtful events show a new boot with an earlier clock. As few as `most` do, even if each may be late."""
        boots, serials = self._boots, [serial for _, serial in self._doubtful]
        certain = any(self._was_read(serial) for serial in serials)
        far = serials[0] <= self._newest - REORDER
        return boots.proves(len(serials), 1 if certain else _FEW if far else most, self._daemon_at == self._newest)

    def _settle(self, restarted: bool) -> None:
        """Give the doubtful events their places."""
        held = [(stamp, self.events[stamp]) for stamp in self._doubtful if stamp in self.events]
        self._doubtful = []
        self._behind, self._boots.sign = False, Sign.NONE
        if not restarted or not held:
            for (ms, serial), event in held:
                self._place(event, ms, serial)
            return
        while len(held) > 1 and held[0][0][1] in self._missing and held[0][0][1] > min(one[1] for one, _ in held[1:]):
            (ms, serial), event = held.pop(0)
            self._place(event, ms, serial)
        for (ms, serial), _ in held:
            self._times[serial % REORDER] = ms
        serials = {serial for (_, serial), _ in held}
        self._generation += 1
        self._first, self._newest = min(serials), max(serials)
        self._missing = set(range(max(self._first, self._newest - REORDER), self._newest)) - serials
        self._passed = self._mark_serial = self._daemon_at = -1
        self._max_ms = max(ms for (ms, _), _ in held)
        self._mark_ms, self._mark_serial = self._max_ms, self._newest

    def append(self, event: Event) -> bool:
        """Release a new event if it is finished and directly follows the last one, as most do: a short cut of `open` without
        storing it. Returns whether it did."""
        serial = event.serial
        if serial != self._passed + 1 or serial <= self._newest or self.events:
            return False
        ms = event.ms
        self._newest = self._passed = serial
        self._times[serial % REORDER] = ms
        event.key = (self._generation << 34 | serial + 1) << 1
        if ms > self._max_ms:
            self._max_ms = ms
            if ms >= self._mark_ms + WINDOW_MS:
                self._mark_ms, self._mark_serial = ms, serial
        self._ready.append(event)
        return True

    def _scan(self) -> None:
        """Release the events whose place in the order has passed, and finished ones that follow them without a gap."""
        limit = (self._generation << 34 | self._passed + 1) << 1 | 1
        ordered = sorted(self.events.items(), key=lambda item: item[1].key)
        place = 0
        for (ms, serial), event in ordered:
            if event.key > limit and ms >= 0:
                if serial != self._passed + 1 or not _finished(event) or (ms, serial) in self._doubtful:
                    break
                self._passed = serial
            place += 1
        self._ready += self._remove(ordered[:place])
        self._scan_at = 2 * len(self.events) + _SCAN_MARGIN

    def release(self) -> list[Event]:
        """Return the events whose place in the order has passed, in order, and remove them."""
        ready, self._ready = self._ready, []
        return ready

    def drain(self, lines: int, proctitles: bool) -> list[Event]:
        """Return all events before the first that may still be unfinished. `lines` is the number of lines read so far."""
        ordered = sorted(self.events.items(), key=lambda item: item[1].key)
        for place, (stamp, event) in enumerate(ordered):
            if stamp in self._doubtful:
                return self.release() + self._remove(ordered[:place])
            if event.line > lines - _LAST_LINES and _unfinished(event, proctitles):
                return self.release() + self._remove(ordered[:place])
        return self.release() + self._remove(ordered)

    def remaining(self) -> list[Event]:
        """Return all remaining events, in order. Doubtful ones that are far below the newest serial cannot be late."""
        if self._doubtful:
            if self._behind:
                proven = self._has_booted(_FEW)
            else:
                proven = all(serial < self._newest - REORDER for _, serial in self._doubtful)
            self._settle(proven)
        return self.release() + self._remove(list(self.events.items()))

    def _remove(self, items: Iterable[tuple[tuple[int, int], Event]]) -> list[Event]:
        removed = sorted(items, key=lambda item: item[1].key)
        for key, _ in removed:
            del self.events[key]
        return [event for _, event in removed]


def lacks_records(event: Event) -> bool:
    """Whether an event lacks PATH records that its SYSCALL announces, or the SYSCALL that its records belong to."""
    types = event.types
    if "SYSCALL" not in types:
        return bool(types) and all(type in _PARTS_OF_SYSCALL for type in types)
    syscall = event.first("SYSCALL")
    items = number((syscall.value("items") if syscall is not None else None) or "")
    return items is not None and types.count("PATH") < items


def _finished(event: Event) -> bool:
    """Whether no more records of an event will come: the kernel writes PROCTITLE last (kernel/auditsc.c, audit_log_exit)."""
    if not event.from_lines:
        return True
    types = event.types
    return bool(types) and (types[-1] in ALONE or (types[-1] == "PROCTITLE" and "SYSCALL" in types))


def _unfinished(event: Event, proctitles: bool) -> bool:
    if lacks_records(event):
        return True
    types = set(event.types)
    return proctitles and "SYSCALL" in types and not types & {"PROCTITLE", "EOE"}


_PARTS_OF_SYSCALL = frozenset(
    (
        *("PATH", "CWD", "EXECVE", "PROCTITLE", "SOCKADDR", "FD_PAIR", "SOCKETCALL", "MMAP", "OBJ_PID", "CAPSET"),
        *("BPRM_FCAPS", "IPC", "MQ_OPEN", "MQ_SENDRECV", "MQ_GETSETATTR", "MQ_NOTIFY", "OPENAT2"),
    )
)
