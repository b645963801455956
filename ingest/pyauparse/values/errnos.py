"""Numbers and names of errors; the architectures that we know by name all use asm-generic's, but for a few of ppc's."""

from __future__ import annotations

from functools import cache

from ..tables import names

_SAME = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK", "ENOTSUP": "EOPNOTSUPP"}


@cache
def _numbers() -> dict[str, int]:
    found = {name: number for number, name in names("errno").items()}
    return found | {same: found[name] for same, name in _SAME.items()}


def errno_name(number: int) -> str | None:
    """The name of an error, whose number may be negative as in `exit=`. None when there is none."""
    return names("errno").get(abs(number))


def errno_number(name: str) -> int | None:
    """The positive number of an error's name, which may be followed by its text: `EACCES(Permission denied)`."""
    return _numbers().get(name.partition("(")[0].strip())


def errno_text(number: int) -> str:
    """What strerror(3) of the GNU C library says of an error, whose number may be negative."""
    return names("errno_text").get(abs(number), f"Unknown error {abs(number)}")
