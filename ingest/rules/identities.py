"""The identity of a process, from the fields of a record."""

from __future__ import annotations

from typing import NamedTuple

from ..numbers import number
from ..pyauparse import Columns, Event, Record
from ..state.objects import Image

_COLUMNS = Columns("SYSCALL", "uid", "euid", "auid", "ses", "tty")
_MEMBER = Columns("SYSCALL", "uid", "auid", "ses", "exe", text=("exe",))
_MEMBER_URING = Columns("URINGOP", "uid", "auid", "ses", "exe", text=("exe",))
_UNSET = (4294967295, -1)


class Member(NamedTuple):
    """A process of a session as a record describes it: its real user, its login user, the session's number, and the program
    that it has had since its birth; None where a record does not say it."""

    uid: int | None
    auid: int | None
    ses: int | None
    exe: str | None = None


OUTSIDE = Member(None, None, None)
"""Of a process that belongs to no session, or of which no record says it."""


def unless_unset(text: str | None) -> int | None:
    """A login uid or session number; None for the kernel's "unset" and for other text."""
    value = number(text)
    return None if value in _UNSET else value


def read_identity(image: Image, record: Record) -> None:
    """Read user, session and terminal of a process from a record about it. An interpreted record has only the user's name."""
    uid, euid, auid, ses, tty = _COLUMNS.of(record)
    image.uid = number(uid)
    image.euid = number(euid)
    image.auid = unless_unset(auid)
    image.ses = unless_unset(ses)
    image.tty = None if tty in (None, "(none)") else tty
    name = record.enriched.get("UID") or (uid if image.uid is None else None)
    image.user = name if name and not name.startswith("unknown") else None


def member_of(event: Event, record: Record | None = None) -> Member:
    """The session of a process, from its first event: from the record of its call, or from another one that is given."""
    row = _MEMBER.of(record) if record is not None else _MEMBER.first(event) or _MEMBER_URING.first(event)
    if row is None:
        return OUTSIDE
    uid, auid, ses, exe = row
    return Member(number(uid), unless_unset(auid), unless_unset(ses), None if "EXECVE" in event.types else exe)
