"""The identity of a process, from the fields of a record."""

from __future__ import annotations

from typing import NamedTuple

from ..accounts import Account
from ..numbers import number
from ..pyauparse import Columns, Event, Record
from ..state.host import Host
from ..state.objects import Image

_COLUMNS = Columns("SYSCALL", "uid", "euid", "auid", "ses", "tty")
_MEMBER = Columns("SYSCALL", "uid", "auid", "ses", "exe", text=("exe",))
_MEMBER_URING = Columns("URINGOP", "uid", "auid", "ses", "exe", text=("exe",))
_UNSET = (4294967295, -1)
_ACCOUNTS_STORED = 256
"""A server may change its user for each request: when it has done so more often, the newest account replaces the last one."""


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


def read_identity(host: Host, image: Image, record: Record) -> None:
    """Read user, session and terminal of a new image from a record about it."""
    text, euid, auid, ses, tty = _COLUMNS.of(record)
    account = _account(host, image.birth, record, text, euid, auid)
    _, image.uid, image.euid, image.auid, image.user = account
    image.accounts = [account] if image.accounts else None  # a store has those before already
    image.ids = (text, euid, auid)
    image.ses = unless_unset(ses)
    image.tty = None if tty in (None, "(none)") else tty


def _account(host: Host, since: int, record: Record, text: str | None, euid: str | None, auid: str | None) -> Account:
    """The account that a record names; `text` is that of its `uid`. An interpreted record has only the user's name, a raw
    one only the number."""
    uid = number(text)
    name = record.enriched.get("UID") or (text if uid is None else None)
    user = name if name and not name.startswith("unknown") else None
    if user is None and uid is not None:
        user = host.account_names.get(uid)
    return Account(since, uid, number(euid), unless_unset(auid), user)


def ids_of(image: Image) -> tuple[str, str, str]:
    """The user ids of a process as the kernel writes them: the first record of most copies has the same."""
    auid = _UNSET[0] if image.auid is None else image.auid
    return str(image.uid), str(image.euid), str(auid)


def note_account(host: Host, image: Image, record: Record) -> None:
    """Note the account that a record says a process has now. Where the rules leave out setuid and its relatives, only the records
    of later calls show a change."""
    text, euid, auid, ses, _ = _COLUMNS.of(record)
    account = _account(host, host.moment, record, text, euid, auid)
    if account.uid is None and account.user is None:
        return
    if _is_same_account(image, account):
        return
    if account.auid != image.auid:
        image.ses = unless_unset(ses)
    change_account(host, image, account)


def _is_same_account(image: Image, account: Account) -> bool:
    ids = (image.uid, image.euid, image.auid) == account[1:4]
    return ids and (account.uid is not None or account.user == image.user)


def change_account(host: Host, image: Image, account: Account) -> None:
    """Give a process another account from now on; those before are stored with their times. A login uid that was not set
    until now, and an account that nothing was known of, are no change."""
    before = Account(image.birth, image.uid, image.euid, image.auid, image.user)
    known = image.accounts or [before]
    _, image.uid, image.euid, image.auid, image.user = account
    host.changed_images[image.id] = image
    if before[1:] == (None, None, None, None) or host.moment == image.birth:
        return
    if before.auid is None and account.auid is not None and account[1:3] == before[1:3]:
        if image.accounts:
            image.accounts[-1] = account._replace(since=known[-1].since)
        return
    del known[_ACCOUNTS_STORED - 1 :]
    image.accounts = [*known, account]


def member_of(event: Event, record: Record | None = None) -> Member:
    """The session of a process, from its first event: from the record of its call, or from another one that is given."""
    row = _MEMBER.of(record) if record is not None else _MEMBER.first(event) or _MEMBER_URING.first(event)
    if row is None:
        return OUTSIDE
    uid, auid, ses, exe = row
    return Member(number(uid), unless_unset(auid), unless_unset(ses), None if "EXECVE" in event.types else exe)
