"""Descent by session number: which process a process comes from whose birth no record shows (docs/semantics.md#processes).

The kernel gives a session its number when a process gets its login uid (LOGIN), and a fork hands both on; nothing else gives a
process the number of a session that is there (kernel/audit.c, `audit_set_loginuid`). So every process with this number, on this
host and since this boot, descends from the process that LOGIN names. Where forks are not recorded, or one is missing, that is
all that joins a program to its login, and says less than a fork does: the processes in between stay unknown.

A process that has executed nothing since its birth is a copy of one with the same program: a daemon whose parent has ended, so
that its parent is init by now.

A process of the session that runs as another user came through a program that PAM or sudo report (USER_START, USER_CMD): sudo,
su. With `use_pty` sudo's command is the child of a copy of sudo that no record names.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from ..state.host import Host
from ..state.objects import Image, Login
from .identities import Member

_KEPT = 4096
_SEARCHED = 4096
"""Processes among which the parent of a forked copy is looked for, the newest first."""
_RESERVED = 300
"""Below this no pid is given again after pids have come round (kernel/pid.c, RESERVED_PIDS)."""
_BY_NUMBER: dict[str, Any] = {"confidence": 0.95, "reason": "by its session number"}
_BY_PROGRAM: dict[str, Any] = {"confidence": 0.9, "reason": "by its session number and program"}
_BY_ACCOUNT: dict[str, Any] = {
    "confidence": 0.8,
    "reason": "by its session number, and another account's program there",
}


class Descent(NamedTuple):
    """The process that another descends from, the event that shows it, and how sure that is."""

    image: Image
    evidence: bytes
    detail: dict[str, Any]
    copied: bool = False
    """Whether the process is a forked copy, which runs the same program."""


def begin(host: Host, ses: int, image: Image, evidence: bytes) -> None:
    """A process got the number of a new session."""
    _limit(host.logins)
    host.logins.pop(ses, None)
    host.logins[ses] = Login(image, evidence)


def elevate(host: Host, image: Image) -> None:
    """A program of a session runs another in the name of another account from now on."""
    _limit(host.elevated)
    host.elevated.pop(image.pid, None)
    host.elevated[image.pid] = image


def descent(host: Host, pid: int, newest: int, member: Member) -> Descent | None:
    """Where the process `pid` comes from, which no record shows, when `newest`, itself or its child, is a member of a session;
    None when that says nothing. Pids are given in order, so one that is not between the login's and `newest` is older than the
    login: init, or whatever else adopts the children of processes that ended."""
    login = host.logins.get(member.ses) if member.ses is not None else None
    if login is None or login.image.pid in (pid, newest) or not _between(login.image.pid, pid, newest):
        return None
    copied = _same_program(host, pid, newest, member)
    if copied is not None:
        return Descent(copied, login.evidence, _BY_PROGRAM, True)
    if member.uid is not None and member.uid != member.auid:
        found = [image for image in host.elevated.values() if _leads(host, image, pid, newest, member.ses)]
        if found:
            nearest = min(found, key=lambda image: (pid - image.pid) % (1 << 32))
            return Descent(nearest, login.evidence, _BY_ACCOUNT)
    return Descent(_latest(host, login.image), login.evidence, _BY_NUMBER)


def _same_program(host: Host, pid: int, newest: int, member: Member) -> Image | None:
    """Of the session's processes with the program of one that has executed nothing, the youngest that is older."""
    if member.exe is None:
        return None
    recent = islice(reversed(host.live.values()), _SEARCHED)
    found = [image for image in recent if image.exe == member.exe and _leads(host, image, pid, newest, member.ses)]
    return min(found, key=lambda image: (pid - image.pid) % (1 << 32), default=None)


def _leads(host: Host, image: Image, pid: int, newest: int, ses: int | None) -> bool:
    return image.ses == ses and host.live.get(image.pid) is image and _between(image.pid, pid, newest)


def _between(first: int, pid: int, last: int) -> bool:
    """Whether a pid was given after `first` and not after `last`."""
    if first <= last:
        return first < pid <= last
    return pid > first or _RESERVED <= pid <= last


def _latest(host: Host, image: Image) -> Image:
    """The image that the process runs now."""
    now = host.live.get(image.pid)
    return now if now is not None and now.incarnation == image.incarnation else image


def _limit(known: dict[int, Any]) -> None:
    if len(known) >= _KEPT:
        for key in list(islice(known, _KEPT // 4)):
            del known[key]
