"""Mappings: code that a process loads, and files shared through memory."""

from __future__ import annotations

from ..clock import LAST
from ..facts import FlowKind
from ..numbers import number
from ..pyauparse.values.architectures import architecture
from ..rules import channels
from .arguments import argument_number
from .call import Call

PROT_WRITE = 0x2
PROT_EXEC = 0x4
MAP_SHARED = 0x1
MAP_SHARED_VALIDATE = 0x3
MAP_TYPE = 0x0F
_ARGUMENTS_IN_MEMORY = ("i386", "s390", "s390x")
"""Architectures whose mmap takes one pointer to its arguments, so that the record lacks the protection."""
_MAPPED = 1 << 32
"""Mappings keep their file open without a descriptor; they are stored at numbers that no descriptor can have."""


def mmap(call: Call) -> None:
    """mmap(addr, length, prot, flags, fd, offset): the fd and flags are in the MMAP record.

    A shared mapping carries data as the descriptor does, also after this is closed, whatever its protection is now:
    mprotect may widen it. A private one only reads the file, which the open descriptor already counts for.
    """
    record = call.event.first("MMAP")
    fd = number(record.value("fd")) if record is not None else None
    if fd is None or fd < 0:
        return
    known = call.name != "mmap" or architecture(call.record.value("arch") or "") not in _ARGUMENTS_IN_MEMORY
    protection = call.arg(2) if known else 0
    flags = (argument_number(record.value("flags") or "") if record is not None else None) or call.arg(3)
    file = call.open_file(fd)
    if file is not None and protection & PROT_EXEC:
        call.host.emit(FlowKind.LOADED, file, call.image, call.host.moment, call.host.moment, call.evidence)
    description = call.description(fd)
    if description is not None and flags & MAP_TYPE in (MAP_SHARED, MAP_SHARED_VALIDATE):
        place = _MAPPED + len(call.image.fds)
        while place in call.image.fds:
            place += 1
        channels.hold(call.host, call.image, place, description, True, call.evidence)


def mprotect(call: Call) -> None:
    """mprotect(addr, length, prot): a note when memory becomes writable and executable; no data moves."""
    if call.arg(2) & PROT_EXEC and call.arg(2) & PROT_WRITE:
        call.host.note(call.event.ms, call.event.serial, "MPROTECT", call.image, "maps memory writable and executable")


def shmat(call: Call) -> None:
    """shmat(id, address, flags): what passes through the segment from then on leaves no record (shmop(2))."""
    _blind(call, "attaches shared memory: what it exchanges there with other processes has no record")


def message_queue(call: Call) -> None:
    """msgsnd(id, ...), msgrcv(id, ...), mq_open(name, ...): who else uses a queue is in no record (sysvipc(7),
    mq_overview(7))."""
    _blind(call, "uses a message queue: what it exchanges there with other processes has no record")


def _blind(call: Call, what: str) -> None:
    call.host.blind(f"pid {call.image.pid} {what}", call.host.moment, LAST)
