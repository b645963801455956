"""Architectures: the machine and byte order that `arch=` of a record names (include/uapi/linux/audit.h)."""

from __future__ import annotations

from functools import lru_cache

from ..tables import architectures

_LITTLE_ENDIAN = 0x40000000
_SAME = {"b64": "x86_64", "b32": "i386", "amd64": "x86_64", "arm64": "aarch64", "i486": "i386", "i586": "i386"}
_SAME |= {"i686": "i386", "armv5tel": "arm", "armv6l": "arm", "armv7l": "arm", "armv8l": "aarch64"}


@lru_cache(maxsize=256)
def architecture(arch: str) -> str | None:
    """The machine's name, from a hexadecimal AUDIT_ARCH value or a name; None when it is neither."""
    text = arch.lower().removeprefix("0x")
    known = architectures()
    name = known.get(text) or _SAME.get(text, text)
    return name if name in known.values() else None


@lru_cache(maxsize=256)
def is_big_endian(arch: str) -> bool | None:
    """Whether the machine is big-endian; None when the machine is unknown."""
    name = architecture(arch)
    if name is None:
        return None
    value = next(value for value, known in architectures().items() if known == name)
    return not int(value, 16) & _LITTLE_ENDIAN
