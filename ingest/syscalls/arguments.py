"""Arguments of system calls as numbers: hexadecimal as the kernel writes them, or the names that `ausearch -i` gives.

Flags that the names lack (libauparse prints no SOCK_CLOEXEC) are lost.
"""

from __future__ import annotations

from functools import cache, lru_cache

from ..numbers import number
from ..pyauparse.tables import names

AT_FDCWD = -100
UNKNOWN_FD = -(1 << 31)
"""The descriptor of a call whose arguments no record has. No process has one of this number."""
_TABLES = ("family", "socket_type", "open", "clone", "prot", "mmap", "recv", "fcntl", "ptrace", "signal", "bpf")
"""The tables of arguments that a handler reads. A name that is also a protocol's is read as the other."""
_OTHERS = {"AT_FDCWD": AT_FDCWD, "O_RDONLY": 0, "PROT_NONE": 0, "MAP_FILE": 0, "FD_CLOEXEC": 1}


@cache
def _numbers() -> dict[str, int]:
    found = {name: number for number, name in names("protocol").items()} | _OTHERS
    for table in _TABLES:
        found.update({name: number for number, name in names(table).items()})
    return found


@lru_cache(maxsize=4096)
def argument_number(text: str, base: int = 16) -> int | None:
    """The number behind an argument's text: `7ffc0000`, `0x3`, `O_RDWR|O_CLOEXEC`, `AT_FDCWD`. None when it has none."""
    read = number(text, base)
    if read is not None:
        return read
    known = _numbers()
    found = [known[name] for name in text.split("|") if name in known]
    if not found:
        return None
    value = 0
    for bits in found:
        value |= bits
    return value


@lru_cache(maxsize=4096)
def descriptor_number(text: str) -> int:
    """An argument's text as a descriptor, an `int` of C; 0 when it has no number."""
    value = (argument_number(text) or 0) & 0xFFFFFFFF
    return value - 0x100000000 if value & 0x80000000 else value
