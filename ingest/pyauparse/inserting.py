"""Events that another parser has read, put in order among those of this one: logs of one host that overlap."""

from __future__ import annotations

from .assembler import Assembler
from .boots import Sign, sign_of
from .event import Event
from .headers import Header
from .record import Record

_ONE = frozenset(
    (
        "SYSCALL",
        "CWD",
        "PATH",
        "EXECVE",
        "PROCTITLE",
        "SOCKADDR",
        "MMAP",
        "FD_PAIR",
        "BPRM_FCAPS",
        "CAPSET",
        "SOCKETCALL",
    )
)
"""Records of which an event has one for each `item`, or, of a long EXECVE, for each first argument."""


def insert(assembler: Assembler, event: Event) -> None:
    """Give an event its place among the events of its host. Records that the host has already are left out."""
    event.late = False
    if event.daemon:
        assembler.open_daemon(event, event.first("DAEMON_START") is not None)
        return
    stamp = event.ms, event.serial
    known = assembler.events.get(stamp)
    if known is None:
        assembler.open(event, stamp, sign=max(_signs(event), default=Sign.NONE))
        return
    lines, records = event.raw_records, list(event.records)
    if len(lines) != len(records):
        lines = [event.raw] * len(records)
    held = {_identity(record) for record in known.records}
    for record, line in zip(records, lines, strict=True):
        if _identity(record) not in held:
            known.add(record, line)


def _identity(record: Record) -> tuple[object, ...]:
    """What two copies of a record have in common, however their lines were written: of most kinds an event has one."""
    if record.type in _ONE:
        return record.type, record.value("item"), record.shape.names[:1]
    return record.type, record.values


def _signs(event: Event) -> list[Sign]:
    """The signs of a boot that the records of an event are."""
    types = {type for type in event.types if type in ("SYSTEM_BOOT", "KERNEL", "CONFIG_CHANGE", "SERVICE_START")}
    if not types:
        return []
    body = event.raw.decode("utf-8", "surrogateescape")
    return [sign_of(Header(event.node, type, event.ms, event.serial, body)) for type in types]
