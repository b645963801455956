"""Numbers and names of system calls, by the architecture that `arch=` names."""

from __future__ import annotations

from functools import cache

from ..tables import calls, libaudit_calls
from .architectures import architecture

_SAME_TABLE = {"ppc64le": "ppc64", "armeb": "arm"}
_X32_BIT = 0x40000000
"""Set in the number of a call made through the x32 interface, whose `arch` is that of x86_64."""


@cache
def _by_number(arch: str) -> dict[int, str]:
    name = architecture(arch) or ""
    found = {number: call for call, number in calls().get(_SAME_TABLE.get(name, name), {}).items()}
    if name == "x86_64":
        found |= {number | _X32_BIT: call for call, number in calls()["x32"].items()}
    return found


@cache
def _by_name(arch: str) -> dict[str, int]:
    found = {call: number for number, call in libaudit_calls(_table_name(arch)).items()}
    found |= {call: number for number, call in reversed(_by_number(arch).items())}
    return found


@cache
def _libaudit_by_number(arch: str) -> dict[int, str]:
    return _by_number(arch) | dict(libaudit_calls(_table_name(arch)))


def _table_name(arch: str) -> str:
    name = architecture(arch) or ""
    return _SAME_TABLE.get(name, name)


def syscall_name(arch: str, number: int) -> str | None:
    """The kernel's name of a call. `arch` is as in the log; None when it or the number is unknown."""
    return _by_number(arch).get(number)


def syscall_number(arch: str, name: str) -> int | None:
    """The number of a call, by the kernel's or libaudit's name. None when the architecture or the name is unknown."""
    return _by_name(arch).get(name)


def libaudit_name(arch: str, number: int) -> str | None:
    """The name that ausearch and enriched logs write. It differs from the kernel's for a few calls (`pread` for `pread64`)."""
    return _libaudit_by_number(arch).get(number)
