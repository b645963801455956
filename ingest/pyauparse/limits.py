"""The numbers that the kernel can write into the fields of a record. A record with a larger one is damaged or forged.

The kernel's types say what a field can hold: 32 bits for ids and counts, 64 for inodes and results (kernel/auditsc.c,
`audit_log_exit`, `audit_log_name`; kernel/audit.c, `audit_log_task_info`), and a store holds no more. A value that is not all
digits is text: interpreted logs have names (`uid=root`, `exit=EACCES(Permission denied)`). The text that programs write into
`msg='...'` has no such limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import cache


class Limit(Enum):
    """What a field can hold: a decimal number of 32 or 64 bits with or without a sign, or a hexadecimal one of 64."""

    DECIMAL_32 = (1 << 32) - 1
    DECIMAL_64 = (1 << 64) - 1
    HEXADECIMAL_64 = 16


_DECIMAL_32 = frozenset(
    (
        *("pid", "ppid", "opid", "uid", "gid", "auid", "euid", "egid", "suid", "sgid", "fsuid", "fsgid", "ses"),
        *(
            "ouid",
            "ogid",
            "oauid",
            "oses",
            "iuid",
            "igid",
            "old-auid",
            "old-ses",
            "items",
            "item",
            "argc",
            "fd",
            "fd0",
            "fd1",
        ),
        *("sig", "nargs", "syscall"),
    )
)
_DECIMAL_64 = frozenset(("inode", "exit"))
_ARGUMENTS = frozenset(("a0", "a1", "a2", "a3"))
_HEXADECIMAL = "0123456789abcdefABCDEF"
_OFTEN_UNSET = frozenset(("auid", "ses"))
_UNSET = "4294967295"
_LONG = 10
"""A number of fewer digits fits into every field."""
_SUSPICIOUS = re.compile(rf"=-?(?:(?!{_UNSET}[\s\x1d])[0-9]{{{_LONG}}}|[0-9a-fA-F]{{17}}|[0-9]*[^\x00-\x7f])")
"""What the text of a record with an impossible number has."""


@cache
def limit_of(type: str, name: str) -> Limit | None:
    """The limit of a field that the kernel writes as a number; None for any other field."""
    if name in _DECIMAL_32:
        return Limit.DECIMAL_32
    if name in _DECIMAL_64:
        return Limit.DECIMAL_64
    return Limit.HEXADECIMAL_64 if name in _ARGUMENTS and type in ("SYSCALL", "SOCKETCALL") else None


def is_possible(type: str, body: str, fields: Iterable[tuple[str, str, str]]) -> bool:
    """Whether the kernel can have written the numbers in the text of a record of this type. `fields` are its names, the styles of
    its values (`shapes`) and the values."""
    if _SUSPICIOUS.search(body) is None:
        return True
    return all(
        style != "b" or (limit := limit_of(type, name)) is None or _fits(limit, value) for name, style, value in fields
    )


def _fits(limit: Limit, value: str) -> bool:
    if limit is Limit.HEXADECIMAL_64:
        return len(value) <= limit.value or bool(value.strip(_HEXADECIMAL))
    digits = value.removeprefix("-")
    if not digits.isdigit():
        return True
    return digits.isascii() and len(digits) <= len(str(limit.value)) and int(digits) <= limit.value


def expression(limit: Limit, name: str, example: str) -> str | None:
    """A group of a regular expression that matches numbers like an example, and none that is impossible. None when the example is
    no number."""
    if example.strip(_HEXADECIMAL if limit is Limit.HEXADECIMAL_64 else "-0123456789"):
        return None
    if limit is Limit.HEXADECIMAL_64:
        return "([0-9a-f]{0,16}+)"
    sign = "-?" if example.startswith("-") else ""
    if limit is Limit.DECIMAL_64:
        return f"({sign}[0-9]{{0,19}}+)"
    if len(example) >= _LONG and example != _UNSET:
        return f"({sign}[0-9]{{0,9}}+|[1-3][0-9]{{9}}|{_UNSET})"
    if name in _OFTEN_UNSET or example == _UNSET:
        return f"({_UNSET}|{sign}[0-9]{{0,9}}+)"
    return f"({sign}[0-9]{{0,9}}+)"


NO_NUMBER = r"(?!-?[0-9]*+[\s\x1d])"
"""What stands before the value of such a field when the example is no number."""
