"""Interpretation of flags, as names joined by `|`, like libauparse prints them.

Each function takes the number in hexadecimal, as in a0..a3, and returns text that is not a number unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..tables import names
from .architectures import architecture
from .numbers import number
from .readings import permissions

_WORD = 0xFFFFFFFF
_ACCESS_MODE = 3
_SAME_OPEN_FLAGS = {"ppc64": "ppc", "ppc64le": "ppc", "armeb": "arm"}


def flag_names(table: str, value: int) -> Iterator[str]:
    """The names of the bits of `value` that `table` knows, in the table's order."""
    for bit, name in names(table).items():
        if bit & value:
            yield name


def open_flag_names(value: int, arch: str | None = None) -> list[str]:
    """The flags of open(2), the access mode first. A few have another value on arm, aarch64 and ppc."""
    name = architecture(arch) if arch is not None else None
    name = _SAME_OPEN_FLAGS.get(name or "", name)
    table = f"open_{name}" if name in ("arm", "aarch64", "ppc") else "open"
    found = list(flag_names(table, value))
    return found if value & _ACCESS_MODE else ["O_RDONLY", *found]


def open_flags(value: str, arch: str | None) -> str:
    """The flags of open(2)."""
    flags = number(value, 16)
    return value if flags is None else "|".join(open_flag_names(flags, arch))


def _joined(table: str, value: str, none: str | None = None, mask: int = _WORD, few: int = _WORD) -> str:
    """The names of the flags. `none` is the name of a value without any bit of `mask`; only bits of `few` are named."""
    flags = number(value, 16)
    if flags is None:
        return value
    if none is not None and not flags & mask:
        return none
    return "|".join(flag_names(table, flags & few)) or f"0x{value}"


def clone_flags(value: str) -> str:
    """The flags of clone(2), and the signal in the lowest byte."""
    flags = number(value, 16)
    if flags is None:
        return value
    flags &= _WORD
    found = list(flag_names("clone", flags))
    signal = names("signal").get(flags & 0xFF) if flags & 0xFF else None
    return "|".join([*found, signal] if signal else found) or f"0x{flags:x}"


def protection(value: str) -> str:
    """The protection of mprotect(2)."""
    return _joined("prot", value, "PROT_NONE", 7, 7)


def mmap_protection(value: str) -> str:
    """The protection of mmap(2)."""
    return _joined("prot", value, "PROT_NONE", 7, 15)


def mmap_flags(value: str) -> str:
    """The flags of mmap(2)."""
    flags = number(value, 16)
    if flags is None:
        return value
    found = list(flag_names("mmap", flags))
    return "|".join(found if flags & 0xF else ["MAP_FILE", *found]) or f"0x{value}"


def access_mode(value: str) -> str:
    """The mode of access(2)."""
    return _joined("access", value, "F_OK", 0xF)


def mount_flags(value: str) -> str:
    """The flags of mount(2)."""
    return _joined("mount", value)


def umount_flags(value: str) -> str:
    """The flags of umount2(2)."""
    return _joined("umount", value)


def message_flags(value: str) -> str:
    """The flags of send(2) and recv(2)."""
    return _joined("recv", value)


def resolve_flags(value: str) -> str:
    """The resolve flags of openat2(2)."""
    return _joined("openat2_resolve", value)


def lookup_flags(value: str) -> str:
    """The lookup flags that the kernel of RHEL 4 wrote in PATH."""
    flags = number(value, 16)
    if flags is None:
        return value
    return ",".join(flag_names("lookup_flag", flags)) or ("none" if not flags else f"0x{value}")


def shared_memory_flags(value: str) -> str:
    """The flags of shmget(2): creation flags, kind and mode."""
    flags = number(value, 16)
    if flags is None:
        return value
    found = [*flag_names("ipc_flag", flags & 0o3000), *flag_names("shm_flag", flags & 0o14000)]
    return "|".join([*found, permissions(flags & 0o777)])
