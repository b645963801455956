"""Accounts: in whose name a process ran, at a moment and over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from provenance.ingest.accounts import Account, unpack_account
from provenance.store.interface import Node
from provenance.text.escape import visible

_SHOWN = 4


def accounts(node: Node) -> list[Account]:
    """The accounts of a process, in order of time: at least one."""
    known = node.attributes
    stored = known.get("accounts")
    if stored:
        return [unpack_account(str(text)) for text in stored]
    return [Account(node.first, known.get("uid"), known.get("euid"), known.get("auid"), known.get("user"))]


def account_at(node: Node, moment: int) -> Account:
    """The account that a process had at a moment; its first one for a moment before."""
    known = accounts(node)
    return (
        known[0] if len(known) == 1 else known[max(0, bisect_right([account.since for account in known], moment) - 1)]
    )


def account(node: Node, moment: int) -> str:
    """The account of a process at a moment, as text: the user's name, `uid N` where no record names it, empty if unknown."""
    return _text(account_at(node, moment))


def accounts_text(node: Node) -> str:
    """All accounts of a process as text, in order of time, each once: `root, then www-data`."""
    return in_order(map(_text, accounts(node)))


def in_order(names: Iterable[str]) -> str:
    """Names of accounts in order of time as one text, each once."""
    texts = list(dict.fromkeys(filter(None, names)))
    more = [f"{len(texts) - _SHOWN} more"] if len(texts) > _SHOWN else []
    return ", then ".join([*texts[:_SHOWN], *more])


def users_of(node: Node) -> frozenset[str]:
    """Every name and number of the accounts of a process or session."""
    return frozenset(str(value) for account in accounts(node) for value in account[1:] if value is not None)


def _text(account: Account) -> str:
    name = str(account.user or (f"uid {account.uid}" if account.uid is not None else ""))
    if name and account.uid not in (None, 0) and account.euid not in (None, account.uid):
        name += f" as {'root' if account.euid == 0 else f'uid {account.euid}'}"
    return visible(name)
