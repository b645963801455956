"""The account of a process, and the text as which an entity's attribute `accounts` holds it."""

from __future__ import annotations

from typing import NamedTuple

_UNKNOWN = "-"


class Account(NamedTuple):
    """The account that a process had from the moment `since` on: its user ids and the name of its real user, as far as known."""

    since: int
    uid: int | None
    euid: int | None
    auid: int | None
    user: str | None


def pack_account(account: Account) -> str:
    """An account as text: its fields with a space between, the name last."""
    return " ".join(_UNKNOWN if value is None else str(value) for value in account)


def unpack_account(text: str) -> Account:
    """The account that `pack_account` was given. Raises ValueError for other text."""
    since, uid, euid, auid, user = text.split(" ", 4)
    return Account(int(since), _number(uid), _number(euid), _number(auid), None if user == _UNKNOWN else user)


def _number(text: str) -> int | None:
    return None if text == _UNKNOWN else int(text)
