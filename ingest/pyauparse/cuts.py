"""Lines that end inside a record: what the kernel always writes behind a field is missing.

A daemon that is killed, a full disk and a collector with a limit for its lines leave such lines. A value that is cut looks like
another one (`pid=61` of 6123), so it must not be read as it stands. A cut between two fields that may both be last is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from .values.text import decode, is_escaped

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
