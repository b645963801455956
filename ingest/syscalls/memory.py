"""Mappings: code that a process loads, and files shared through memory."""

from __future__ import annotations

from ingest import channels
from ingest.call import Call, number
from ingest.facts import FlowKind

PROT_WRITE = 0x2
PROT_EXEC = 0x4
MAP_SHARED = 0x1
MAP_TYPE = 0x0F
_MAPPED = 1 << 32
"""Mappings keep their file open without a descriptor; they are kept at numbers that no descriptor can have."""


def mmap(call: Call) -> None:
    """mmap(addr, length, prot, flags, fd, offset): the fd and flags are in the MMAP record."""
    record = call.event.first("MMAP")
    fd = number(record.value("fd")) if record is not None else None
    if fd is None or fd < 0:
        return
    protection = call.arg(2)
    flags = (number(record.value("flags"), 16) if record is not None else None) or call.arg(3)
    file = call.open_file(fd)
    if file is not None and protection & PROT_EXEC:
        call.host.emit(FlowKind.LOADED, file, call.image, call.host.moment, call.host.moment, call.evidence)
    description = call.description(fd)
    if description is not None and flags & MAP_TYPE == MAP_SHARED and protection & PROT_WRITE:
        number_of = _MAPPED + len(call.image.fds)
        while number_of in call.image.fds:
            number_of += 1
        channels.hold(call.host, call.image, number_of, description, True, call.evidence)


def mprotect(call: Call) -> None:
    """mprotect(addr, length, prot): memory made executable is worth a line, and moves nothing by itself."""
    if call.arg(2) & PROT_EXEC and call.arg(2) & PROT_WRITE:
        call.host.note(call.event.ms, call.event.serial, "MPROTECT", call.image, "maps memory writable and executable")
