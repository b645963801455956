"""Numbers and names of errors. All architectures that we know by name use those of asm-generic, except for a few of ppc."""

from __future__ import annotations

from functools import cache

from ..tables import names

_SAME = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}


@cache
def _numbers() -> dict[str, int]:
    found = {name: number for number, name in names("errno").items()}
    return found | {same: found[name] for same, name in _SAME.items()}


def errno_name(number: int) -> str | None:
    """The name of an error; its number may be negative as in `exit=`. None for an unknown number."""
    return names("errno").get(abs(number))


def errno_number(name: str) -> int | None:
    """The positive number of an error's name, which may be followed by its text: `EACCES(Permission denied)`. None if unknown."""
    return _numbers().get(name.partition("(")[0].strip())


def errno_text(number: int) -> str:
    """The text of strerror(3) of the GNU C library for an error; its number may be negative."""
    return names("errno_text").get(abs(number), f"Unknown error {abs(number)}")
