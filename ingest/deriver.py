"""The deriver: turns the events of one host into facts. Push events in serial order, take batches of facts.

Pure: no clock, no files. The same events in the same order give the same facts however they are batched; the state between
two batches is a checkpoint (`ingest.checkpoint`).
"""

from __future__ import annotations

from .clock import LAST, at_ms, ms_of
from .facts import Batch, Line
from .messages.table import MESSAGES, WITH_A_CALL
from .numbers import number
from .pyauparse import Columns, Event, Record
from .pyauparse.columns import Row
from .pyauparse.values.record_types import is_record_type
from .pyauparse.values.uring import operation
from .rules import channels, corrupt_lines, inferred_threads, processes, threads, unrecorded_calls
from .rules.counts import Counts, note_clock, remember
from .rules.gaps import Gaps, begin, may_be_missing
from .rules.identities import ids_of, member_of, note_account
from .rules.losses import begin_cut, check_complete
from .rules.sample import Sample
from .state.host import Host, pack_event
from .state.objects import Image
from .syscalls.call import Call
from .syscalls.lookup import NO_ARGUMENTS, LookedUp, look_up, result_of, socketcall, stretch_of
from .syscalls.network import IN_PROGRESS
from .syscalls.uring import HANDLERS

_COLUMNS = Columns(
    "SYSCALL", "arch", "syscall", "success", "exit", "pid", "ppid", "a0", "a1", "a2", "a3", "uid", "euid", "auid"
)
_URING = Columns("URINGOP", "uring_op", "success", "exit", "pid", "ppid")
_LATE_MS = 2000
_FAR = 10_000
"""A serial this far below the last one belongs to a new count at any later time, however short."""
_line = tuple.__new__
"""Makes a Line without the Python frame of its own constructor."""
_GOES_ON = 64
"""Serials of another machine go on at most this far above its last one: some may be lost in between."""
_MIXED = (
    "the serials of two machines alternate in this log, so it holds records of two hosts under one name: what their processes "
    "and files did is mixed; ingest the log of each host by itself, with --host NAME"
)
_WRAPPED = 1 << 31
"""A serial that is smaller by more than this has come round (docs/audit-format.md#6-order-and-serials), and nothing has ended."""
_DAEMON_RECORDS_KEPT = 256
_EXECVE = frozenset(("execve", "execveat"))
_PARTS = frozenset(("CWD", "PATH", "EXECVE", "PROCTITLE", "SOCKADDR", "SOCKETCALL", "FD_PAIR", "MMAP", "EOE"))
"""Records that the kernel writes only behind the SYSCALL or URINGOP record of their event (kernel/auditsc.c)."""
_ATTEMPTS = frozenset(("connect",))
"""Calls that may have happened although they failed."""


class Deriver:
    """Derives the facts of one host's log. With `lines`, a batch holds the raw lines of each event."""

    def __init__(self, host: str, lines: bool = True, reduce: bool = True) -> None:
        self.host = Host(host, reduce)
        self.gaps = Gaps()
        self.last: tuple[int, int] = (0, -1)
        """(generation, serial) of the last event; the generation grows by one when serials start again (boot)."""
        self.last_daemon: tuple[int, int] = (0, -1)
        self.taken_in = 0
        """Events that were derived by this deriver, those of the daemon left out."""
        self.unread = 0
        """Those among them of which no record could be read; that of a known type that gives no fact can."""
        self.repeated = Sample()
        """A sample of the events that count as derived before."""
        self._cut = False
        """Whether the first event follows a piece of a line."""
        self._lines = lines
        self._counted = 0
        """How many of the events derived by this deriver a batch has counted."""
        self._former_serial = -1
        """The last serial before the newest restart."""
        self._counts = Counts()
        self._calls: dict[tuple[str | None, str | None], LookedUp] = {}

    def push(self, event: Event) -> None:
        """Derive an event. One that was derived before (its serial is not above the last, and not missing) is only counted."""
        host = self.host
        if event.daemon:
            self._daemon(event)
            return
        ms, serial, counts = event.ms, event.serial, self._counts
        if serial == self.last[1] + 1 and ms > host.restarted_ms:
            self.last = (self.last[0], serial)
        elif not self._is_next(event):
            counts.front = serial == self.last[1]
            if ms >= ms_of(host.first) or counts.is_recognized(event):
                host.count("known")
                self.repeated.add((ms, serial))
            else:
                host.count("older")
            return
        counts.key, counts.front = event.key, True
        moment = host.moment = host.clock.tick(ms)
        if not host.first:
            host.first = moment
            unrecorded_calls.begin(host)
            if self._cut or _PARTS.issuperset(event.types):
                begin_cut(host)
        self.taken_in += 1
        if self._lines:
            host.batch.lines.append(_line(Line, (moment, ms, serial, event.raw, event.offset)))
        proof = pack_event(ms, serial)
        layout = event.layout
        row = _COLUMNS.first(event)
        if row is not None:
            self._syscall(event, row, proof)
        if not WITH_A_CALL.issuperset(event.types if layout is None else layout.kinds):
            self._messages(event, proof, row is not None)
        elif row is None:
            self.unread += 1

    def _messages(self, event: Event, proof: bytes, read: bool) -> None:
        """Derive the records that are read for themselves; those that nothing reads are counted by name."""
        host = self.host
        for record in event.records:
            message = MESSAGES.get(record.type)
            if message is not None:
                message(host, event, record, proof)
                read = True
            elif record.type == "URINGOP":
                read = self._uring(event, record, proof) or read
            elif record.type not in WITH_A_CALL:
                read = self._count_unread(record) or read
        if not read:
            self.unread += 1

    def _count_unread(self, record: Record) -> bool:
        """Count a record that gives no fact by its name; whether it is of a known type."""
        known = is_record_type(record.type)
        self.host.count(f"unread:{record.type if known else 'other types'}")
        return known

    def _uring(self, event: Event, record: Record, proof: bytes) -> bool:
        """Derive an io_uring operation; whether its record names a process."""
        host = self.host
        text, success, result, pid_text, ppid_text = _URING.of(record)
        name, pid, ppid = operation(text), number(pid_text), number(ppid_text)
        if pid is None or ppid is None:
            host.count("without pid")
            return False
        image = self._caller(event, pid, ppid, proof)
        note_account(host, image, record)
        if name not in HANDLERS:
            host.count(f"unhandled:io_uring {name}")
        handler = HANDLERS.get(name)
        value = None if result is None else result_of(result)
        if handler is not None and (success != "no" or (name in _ATTEMPTS and value in IN_PROGRESS)):
            handler(Call(host, event, image, name, NO_ARGUMENTS, value, proof))
        return True

    def _caller(self, event: Event, pid: int, ppid: int, proof: bytes) -> Image:
        host = self.host
        image = host.live.get(pid)
        if image is None or image.ppid != ppid or image.observed_only:
            new = image is None
            member = member_of(event)
            if new:
                threads.recognise_kernel(host, event)
            inferred_threads.of_new_child(host, pid, ppid, member, proof)
            image = processes.subject_image(host, pid, ppid, proof, member)
            if image.observed_only or (new and image.pid == pid):
                _describe_new(host, image, event)
        return image

    def _is_next(self, event: Event) -> bool:
        generation, serial = self.last
        counts = self._counts
        booted = counts.begins_input(self.host, event, serial) or counts.begins(self.host, event, serial)
        if not booted and self.is_former(event):
            return False
        if event.serial > serial and not booted:
            if serial < 0:
                begin(self.host, event.serial)
                self._counts.begin(self.host, event)
            elif event.serial > serial + 1:
                self.gaps.add_missing(self.host, serial + 1, event.serial, event.ms)
                self._compare_with_former(event.serial, serial)
        elif booted or self.begins_again(event):
            generation += 1
            self._restart(event, serial - event.serial > _WRAPPED)
        else:
            return self._is_late(event)
        self.last = (generation, event.serial)
        return True

    def _compare_with_former(self, serial: int, last: int) -> None:
        """A leap over many serials, to where they were before a restart, is the other of two machines: no restart was one."""
        if serial - last > _FAR and 0 < serial - self._former_serial <= _GOES_ON:
            self.host.blind(_MIXED, self.host.first, LAST)

    def _restart(self, event: Event, wrapped: bool) -> None:
        """Begin a new count of serials. When they `wrapped`, the machine goes on."""
        host = self.host
        self._former_serial = self.last[1]
        host.restarted_ms = ms_of(host.moment)
        host.blind("the machine or its audit system was restarted", host.moment, at_ms(event.ms))
        note_clock(host, event.ms)
        self._counts.begin(host, event)
        begin(host, event.serial)
        if not wrapped:
            processes.restart(host)

    def begin_boot(self) -> None:
        """Note that the next event is the first of a boot after everything that was derived, although its time is earlier."""
        self._counts.begin_boot()

    def is_former(self, event: Event) -> bool:
        """Whether an event is of a former count of serials, so that it was derived before or is older than the log."""
        return self._counts.is_former(self.host, event, self.last[1])

    def begins_again(self, event: Event) -> bool:
        """Whether the event shows that serials started again (boot, or a wrap at 2^32): its serial is smaller than the last one,
        and its time is later, or the parser saw a boot. A call that waited has an early time, so the event after it may only be
        late: then its serial has not been read."""
        behind, now = self.last[1] - event.serial, self.host.moment
        if behind <= 0 or event.late:
            return False
        later = at_ms(event.ms) > now
        if behind > _WRAPPED or (later and (behind > _FAR or event.generation > self._counts.newest)):
            return True
        if self._counts.begins(self.host, event, self.last[1]):
            return True
        return at_ms(event.ms - _LATE_MS) > now and not may_be_missing(self.host, event.serial, self.last[1])

    def _is_late(self, event: Event) -> bool:
        """Whether an event with a smaller serial is new: its serial was missing, or no event before had so late a time. It is
        derived when it comes."""
        if event.serial == self.last[1]:
            return False
        return self.gaps.fill(self.host, event.serial, self.last[1]) or at_ms(event.ms) > self.host.moment

    def _daemon(self, event: Event) -> None:
        key = (event.ms, event.serial)
        known = key == self.last_daemon or key in self.host.daemon_records
        former = key < self.last_daemon and not self._counts.front
        begins = self._counts.begins_boot or self._counts.may_begin_input(self.host, event)
        if known or (former and not begins):
            self.host.count("known")
            return
        self._counts.note_daemon(self.host, event)
        remember(self.host.daemon_records, key, _DAEMON_RECORDS_KEPT)
        self.last_daemon = max(self.last_daemon, key)
        self.host.count("events")
        if self._lines:
            moment = max(self.host.moment, at_ms(event.ms))
            self.host.batch.lines.append(Line(moment, event.ms, event.serial, event.raw, event.offset))
        for record in event.records:
            message = MESSAGES.get(record.type)
            if message is not None:
                message(self.host, event, record, b"")
            else:
                self._count_unread(record)

    def _syscall(self, event: Event, row: Row, proof: bytes) -> None:
        host = self.host
        arch, nr, success, result, pid_text, ppid_text, a0, a1, a2, a3, uid, euid, auid = row
        args: Row = (a0, a1, a2, a3)
        try:
            pid, ppid = int(pid_text or ""), int(ppid_text or "")  # bounded by the parser (`pyauparse.limits`)
        except ValueError:
            host.count("without pid")
            self.unread += 1
            return
        entry = self._calls.get((arch, nr))
        if entry is None:
            entry = self._calls[arch, nr] = look_up(host, arch, nr)
        name, handler, handled, stretch = entry
        if not event.complete:
            check_complete(host, event, name)
        image = host.live.get(pid)
        if image is None or image.ppid != ppid or image.observed_only:
            image = self._caller(event, pid, ppid, proof)
        ids = (uid, euid, auid)
        if ids != image.ids:
            self._note_ids(event, image, name, ids)
        if not handled:
            host.count(f"unhandled:{name}")
        if name == "socketcall":
            name, handler, args = socketcall(host, event, args)
            stretch = stretch_of(host, name)
        if handler is None:
            self.unread += "/" in name  # of an architecture whose calls have no names here
            return
        value = None if result is None else result_of(result)
        if success == "no" and not (name in _ATTEMPTS and value in IN_PROGRESS):
            return
        if stretch is not None and stretch.listening:
            unrecorded_calls.record_seen(host, stretch)
        handler(Call(host, event, image, name, args, value, proof))

    def _note_ids(self, event: Event, image: Image, name: str, ids: Row) -> None:
        """Note that a record has other user ids than the one before. Those of an execve are the next image's."""
        if name in _EXECVE:
            return
        image.ids = ids
        if ids == ids_of(image):
            return
        record = event.first("SYSCALL")
        if record is not None:
            note_account(self.host, image, record)

    def add_corrupt(self, source: str, line: int, raw: bytes) -> None:
        """Note a line that is not a valid record, once however often it is read. `line` counts from 1."""
        corrupt_lines.note(self.host, source, line, raw)

    def begin_cut(self) -> None:
        """Note that the log of the host begins with a piece of a line, the first events may be derived already."""
        self._cut = True
        if self.host.first:
            begin_cut(self.host)

    def take(self) -> Batch:
        """Return the facts since the last call."""
        if self.taken_in > self._counted:
            self.host.count("events", self.taken_in - self._counted)
            self._counted = self.taken_in
        return self.host.take()

    def conclude(self) -> Batch:
        """Return everything still open as provisional facts. Save a checkpoint before: nothing can be pushed afterwards."""
        self.gaps.conclude(self.host)
        unrecorded_calls.conclude(self.host)
        inferred_threads.conclude(self.host)
        before = self.take()
        channels.conclude(self.host)
        batch = self.host.take()
        batch.flows = [flow._replace(open=True) for flow in (*before.flows, *batch.flows)]
        batch.tallies = before.tallies
        batch.blinds = before.blinds + batch.blinds
        return batch


def _describe_new(host: Host, image: Image, event: Event) -> None:
    """Describe an image from its first event, when the log holds no execve of it."""
    image.observed_only = False
    record = event.first("SYSCALL") or event.first("URINGOP") if image.argv is None else None
    if record is not None:
        processes.describe_from(host, image, event, record)
    host.changed_images[image.id] = image
