"""Lines that end inside a record: what the kernel always writes behind a field is missing.

A daemon that is killed, a full disk and a collector with a limit for its lines leave such lines. A value that is cut looks like
another one (`pid=61` of 6123), so it must not be read as it stands. A cut between two fields that may both be last is not seen.

A cut that leaves an even number of digits is seen where the text that is left has no byte for which the kernel writes digits at
all, and where the line has exactly a length at which collectors cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .values.text import decode, from_hex, is_escaped

CUT = "..."
"""What is shown for the missing end of a value."""

_NUMBERS = (
    *(
        "a0",
        "a1",
        "a2",
        "a3",
        "items",
        "ppid",
        "pid",
        "auid",
        "uid",
        "gid",
        "euid",
        "suid",
        "fsuid",
        "egid",
        "sgid",
        "fsgid",
    ),
    *("tty", "ses", "comm"),
)
_ORDERS = {
    "SYSCALL": tuple((*head, *_NUMBERS) for head in (("arch", "syscall"), ("arch", "syscall", "success", "exit"))),
    "PATH": (("item", "name", "inode", "dev", "mode", "ouid", "ogid", "rdev"),),
    "FD_PAIR": (("fd0", "fd1"),),
    "MMAP": (("fd", "flags"),),
}
"""The fields that the kernel writes behind each other, in every version (kernel/auditsc.c: `audit_log_name`, `audit_log_exit`,
`audit_log_task_info`, `show_special`). The last of each is not looked at: a record can end with it."""
_FEWEST = {"SYSCALL": 5, "PATH": 3}
"""A record with fewer fields may come from a source that writes only some of them."""
HEXADECIMAL = frozenset(("PATH", "CWD", "EXECVE", "PROCTITLE", "SOCKADDR"))
"""Types that can end in bytes as hexadecimal digits, two for each (kernel/audit.c, `audit_log_n_hex`)."""


LIMITS = frozenset(limit - end for limit in (1024, 2048, 4096, 8192) for end in (0, 1))
"""Lengths of lines in bytes at which collectors cut: syslog's 1,024 (RFC 3164, 4.1) and 2,048 (RFC 5424, 6.1), rsyslog's 8,192, a
page; some count the NUL or the newline at the end."""
_ESCAPED = re.compile(r"[^!#-~]")
"""Characters of text that the kernel writes in digits (kernel/audit.c, `audit_string_contains_control`)."""
_DIGITS = "0123456789ABCDEF"


def is_without_reason(value: str) -> bool:
    """Whether a value is the digits of text that the kernel would have written in quotes: the part with the reason is cut off."""
    text = None if value.strip(_DIGITS) else from_hex(value)
    return text is not None and _ESCAPED.search(text) is None


def last_text(value: str, text: str) -> str:
    """The text of a bare value that ends its line, which shows when it is cut."""
    return f"{text}{CUT}" if value is not text and is_without_reason(value) else text


def is_odd(value: str) -> bool:
    """Whether a value is hexadecimal digits as the kernel writes them, but an odd number of them."""
    return len(value) & 1 == 1 and not value.strip("0123456789ABCDEF")


def may_be_bytes(type: str, name: str) -> bool:
    """Whether the value of a record's last field can be bytes in hexadecimal."""
    return type in HEXADECIMAL and (is_escaped(type, name) or name == "saddr")


def is_cut(type: str, names: Sequence[str], value: str) -> bool:
    """Whether a line that ends with this bare value of the last of its fields ends inside it, or before what always follows."""
    name = names[-1]
    if may_be_bytes(type, name) and (is_odd(value) or not value):
        return True
    if len(names) < _FEWEST.get(type, 1):
        return False
    found = tuple(names)
    return any(len(found) < len(order) and order[: len(found)] == found for order in _ORDERS.get(type, ()))


def cut_text(type: str, name: str, value: str) -> str:
    """A bare value that the end of its line cuts, as text: half of a byte is left out."""
    digits = value[:-1] if is_escaped(type, name) and is_odd(value) else value
    return f"{decode(type, name, digits)}{CUT}"
