"""What the record of a system call says: the kernel's name of the call, its handler, its arguments and its result."""

from __future__ import annotations

from ..clock import LAST
from ..numbers import number
from ..pyauparse import Event
from ..pyauparse.columns import Row
from ..pyauparse.values.errnos import errno_number
from ..pyauparse.values.syscalls import syscall_name, syscall_number
from ..rules import unrecorded_calls
from ..state.host import Host
from ..state.unrecorded_calls import Stretch
from .table import SOCKETCALL, TABLE, Handler

LookedUp = tuple[str, Handler | None, bool, Stretch | None]
"""The kernel's name of a call, its handler, whether the call is in the table, and its blind interval, if any."""
_NO_RECORD = "socketcall without its record"
NO_ARGUMENTS = (None, None, None, None)
_WITHOUT_ARGUMENTS = (
    "the socket calls of 32-bit programs have no arguments in this log (the kernel wrote no SOCKETCALL records): which "
    "socket they are about is hidden; peers are known where a SOCKADDR record has the address"
)


def look_up(host: Host, arch: str | None, nr: str | None) -> LookedUp:
    """What a call is by its architecture and number, or its name. Interpreted logs have libaudit's names
    (`pread`), and `socketcall(connect)`."""
    name = (nr or "?").partition("(")[0]
    value = number(nr)
    if value is None:
        value = syscall_number(arch or "", name)
    if value is not None:
        name = syscall_name(arch or "", value) or f"{arch}/{nr}"
    return name, TABLE.get(name), name in TABLE or name == "socketcall", stretch_of(host, name)


def stretch_of(host: Host, name: str) -> Stretch | None:
    """The blind interval of a call that many logs do not record, None for others."""
    kind = unrecorded_calls.CALLS.get(name)
    return host.unrecorded[kind] if kind is not None else None


def socketcall(host: Host, event: Event, args: Row) -> tuple[str, Handler | None, Row]:
    """The name, handler and arguments of a socket call of a 32-bit program, which are in a record of their own."""
    called = args[0] or ""
    name = called if called in TABLE else SOCKETCALL.get(number(called, 16) or 0, "?")
    record = event.first("SOCKETCALL")
    if record is not None:
        return name, TABLE.get(name), tuple(record.value(f"a{place}") for place in range(4))
    if _WITHOUT_ARGUMENTS not in host.blinds:
        host.blind(_WITHOUT_ARGUMENTS, host.moment, LAST)
    host.count(_NO_RECORD)
    return name, TABLE.get(name), NO_ARGUMENTS


def result_of(text: str) -> int | None:
    """The result of a call: a number, or, in an interpreted log, `EACCES` or `-13(...)`."""
    value = number(text)
    if value is not None:
        return value
    found = errno_number(text)
    return -found if found is not None else number(text.partition("(")[0])
