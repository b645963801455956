"""OpenSSH's client: what its command line asks of a server (ssh(1))."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

_WITH_VALUE = frozenset("BbcDEeFIiJLlmOoPpQRSWw")
"""Options of ssh with an argument."""
_NO_COMMAND = frozenset("NsWO")
"""Options after which the remaining words are no command for a shell."""


class Request(NamedTuple):
    """The account that a client logs in to and the command that it has run there; None where its command line does not say."""

    account: str | None
    command: str | None


def requested(argv: Sequence[str]) -> Request | None:
    """What a command line asks for; None when it is not that of ssh, or names no destination."""
    if not argv or posixpath.basename(argv[0]) not in ("ssh", "slogin"):
        return None
    words = list(argv[1:])
    accounts: list[str] = []
    destination: str | None = None
    no_command = False
    while words and (destination is None or words[0].startswith("-")):
        word = words.pop(0)
        if word == "--":
            if destination is None and words:
                destination = words.pop(0)
            break
        if not word.startswith("-") or word == "-":
            destination = word
            accounts += _account_of(word)
            continue
        flags, value = _option(word[1:], words)
        no_command = no_command or not _NO_COMMAND.isdisjoint(flags)
        if flags.endswith("l") and value:
            accounts.append(value)
        elif flags.endswith("o") and value:
            accounts += _account_option(value)
    if destination is None:
        return None
    command = " ".join(words) if words and not no_command else None
    return Request(accounts[0] if accounts else None, command)


def _option(letters: str, words: list[str]) -> tuple[str, str | None]:
    """The flags of a word, and the argument of the last of them, which may be the next word."""
    for place, letter in enumerate(letters):
        if letter in _WITH_VALUE:
            rest = letters[place + 1 :]
            return letters[: place + 1], rest or (words.pop(0) if words else None)
    return letters, None


def _account_of(destination: str) -> list[str]:
    name, at, _ = destination.removeprefix("ssh://").rpartition("@")
    return [name] if at and name else []


def _account_option(value: str) -> list[str]:
    name, _, account = value.replace("=", " ", 1).strip().partition(" ")
    return [account.strip()] if name.lower() == "user" and account.strip() else []
