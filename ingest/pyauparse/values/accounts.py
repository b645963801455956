"""The users and groups of the logged host, never those of the machine that reads the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

UNSET = 0xFFFFFFFF
"""(uid_t) -1: the login uid of a process that no login started."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Number -> name of users and of groups, as the host's passwd(5) and group(5) have them."""

    users: Mapping[int, str] = field(default_factory=dict)
    groups: Mapping[int, str] = field(default_factory=dict)

    def user(self, number: int) -> str:
        """The name of a user; `root`, `unset` and `unknown(N)` as libauparse prints them."""
        return _named(self.users, number)

    def group(self, number: int) -> str:
        """The name of a group; `root`, `unset` and `unknown(N)` as libauparse prints them."""
        return _named(self.groups, number)


def accounts(passwd: str = "", group: str = "") -> Accounts:
    """The accounts of a host, from the texts of its passwd and group files; invalid lines are skipped."""
    return Accounts(_entries(passwd), _entries(group))


def _entries(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for line in text.split("\n"):
        parts = line.split(":")
        if len(parts) > 2 and parts[0] and parts[2].isascii() and parts[2].isdigit():
            found.setdefault(int(parts[2]), parts[0])
    return found


def _named(names: Mapping[int, str], number: int) -> str:
    number &= UNSET
    if number == UNSET:
        return "unset"
    name = names.get(number)
    if name is not None:
        return name
    return f"unknown({number})" if number else "root"
