"""Decoding of untrusted text, which the kernel writes in hexadecimal (kernel/audit.c, `audit_log_untrustedstring`).

Text with a double quote, a control character, a space or a non-ASCII byte is written bare, in hexadecimal digits; other text
in double quotes. Only some fields do so: `a2="3005"` is text, `pid=3005` a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CONTROL = re.compile(r"[\x00-\x1f]")
_ANY_FIELD = "TRUSTED_APP"
"""A record type whose fields each program chooses: every bare value except a decimal number may be hexadecimal text."""
_ARGUMENT = re.compile(r"a\d+(?:\[\d+\])?\Z")

ESCAPED = frozenset(
    (
        *("name", "comm", "ocomm", "exe", "cwd", "proctitle", "path", "file", "watch", "dir", "device", "cgroup"),
        *("acct", "cmd", "data", "grp", "new_group", "key", "vm", "sw", "root_dir", "invalid_context"),
        *("old-chardev", "new-chardev", "old-disk", "new-disk", "old-fs", "new-fs", "old-net", "new-net"),
        *("old-rng", "new-rng"),
        *("apparmor", "operation", "denied_mask", "requested_mask", "info", "profile"),
    )
)
"""Fields whose bare value may be hexadecimal text (type `escaped` of the audit user space, and the kernel's own)."""


def is_escaped(type: str, name: str) -> bool:
    """Whether a bare value of this field may be hexadecimal text."""
    return name in ESCAPED or type == _ANY_FIELD or (type == "EXECVE" and _ARGUMENT.match(name) is not None)


def from_hex(value: str) -> str | None:
    """The text of hexadecimal digits (bytes that are not UTF-8 become surrogates), or None for other text."""
    if not value or len(value) & 1:
        return None
    try:
        data = bytes.fromhex(value)
    except ValueError:
        return None
    return data.decode("utf-8", "surrogateescape") if 2 * len(data) == len(value) else None


def unescaped(value: str) -> str:
    """The bare value of a field that may be hexadecimal text, as text."""
    text = from_hex(value)
    return value if text is None else text


def _unescaped_unless_number(value: str) -> str:
    return value if value.isdigit() else unescaped(value)


def reader(type: str, name: str) -> Callable[[str], str] | None:
    """The function that decodes a bare value of this field; None when the value needs no decoding."""
    if not is_escaped(type, name):
        return None
    return _unescaped_unless_number if type == _ANY_FIELD else unescaped


def decode(type: str, name: str, value: str) -> str:
    """A bare value as text."""
    read = reader(type, name)
    return value if read is None else read(value)


def unquoted(value: str) -> str:
    """The value as it stands in the log, without double quotes around it."""
    if len(value) > 1 and value[0] == '"' == value[-1]:
        return value[1:-1]
    return value


def printable(text: str) -> str:
    """Control characters as a backslash and three octal digits, as libauparse prints them."""
    return _CONTROL.sub(lambda match: f"\\{ord(match[0]):03o}", text)
