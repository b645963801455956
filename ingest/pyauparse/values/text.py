"""Text that the kernel could not trust, and so wrote in hexadecimal (kernel/audit.c, `audit_log_untrustedstring`)."""

from __future__ import annotations

import re

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")

ESCAPED = frozenset(
    (
        *("name", "comm", "exe", "cwd", "proctitle", "path", "acct", "cmd", "data", "dir", "file", "key", "vm", "sw"),
        *("ocomm", "watch", "root_dir", "new_name", "old_name", "grp", "new_grp", "invalid_context", "device", "unit"),
        *("new-disk", "old-disk", "new-fs", "old-fs", "new-chardev", "old-chardev", "new-rng", "old-rng", "seperms"),
        *("new-net", "old-net", "cgroup", "vm-ctx", "img-ctx", "new_chardev", "old_chardev", "daddr_name", "dev"),
    )
)
"""Fields whose bare value may be hexadecimal text (typetab.h of the audit user space, type `escaped`)."""
_NEVER = frozenset(("seperms", "dev", "unit"))
_ARGUMENT = re.compile(r"a\d+(?:\[\d+\])?\Z")


def is_escaped(type: str, name: str) -> bool:
    """Whether a bare value of this field may be hexadecimal text."""
    if name in ESCAPED:
        return name not in _NEVER
    return type == "EXECVE" and _ARGUMENT.match(name) is not None


def from_hex(value: str) -> str | None:
    """The text behind hexadecimal digits (bytes that are not UTF-8 become surrogates), or None when it is none."""
    if len(value) < 2 or _HEX.match(value) is None:
        return None
    return bytes.fromhex(value).decode("utf-8", "surrogateescape")


def decode(type: str, name: str, value: str) -> str:
    """A bare value as text."""
    if is_escaped(type, name):
        text = from_hex(value)
        if text is not None:
            return text
    return value
