"""Audit records from the systemd journal: `journalctl -o export` and `-o json`, entries with _TRANSPORT=audit.

systemd keeps the record's text in MESSAGE, its type in _AUDIT_TYPE_NAME and the serial in _AUDIT_ID (journald-audit.c).
"""

from __future__ import annotations

import re
from typing import Any

from ..headers import Header

_FIELD = re.compile(r"[A-Z_][A-Z0-9_]*=")
_NEEDED = frozenset(
    ("_AUDIT_TYPE_NAME", "_AUDIT_ID", "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "MESSAGE", "_HOSTNAME")
)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_LONGEST = 1 << 20
_STARTS = ("__CURSOR=", "__REALTIME_TIMESTAMP=", "_BOOT_ID=", "_TRANSPORT=", "__MONOTONIC_TIMESTAMP=")


def is_field(line: str, inside: bool) -> bool:
    """Whether a line is a field of an export entry."""
    return line.startswith(_STARTS) or (inside and _FIELD.match(line) is not None)


class Entry:
    """An entry of a journal export while its lines are read. `offset` is where it begins in the input."""

    __slots__ = ("_lines", "_size", "fields", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.fields: dict[str, str] = {}
        self._lines: list[bytes] = []
        self._size = 0

    def add_field(self, line: str) -> None:
        """Add a field, if it is the first or one that a record is built from."""
        name, _, value = line.partition("=")
        if name in _NEEDED or not self.fields:
            self.fields.setdefault(name, value)

    def add_line(self, raw: bytes) -> None:
        """Add a line as bytes. The lines of an entry that is longer than any record are dropped."""
        self._size += len(raw) + 1
        if self._size <= _LONGEST:
            self._lines.append(raw)
        else:
            self._lines.clear()

    @property
    def raw(self) -> bytes:
        """The lines, each with its newline; for an entry that was too long only the fields that a record is built from."""
        lines = self._lines or [
            f"{name}={value}".encode("utf-8", "surrogateescape") for name, value in self.fields.items()
        ]
        return b"".join(line + b"\n" for line in lines)


def text(value: Any) -> str:
    """A field of a JSON entry: text, or a list of byte values when it is not UTF-8."""
    if isinstance(value, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return bytes(value).decode("utf-8", "surrogateescape")
    return str(value)


def read(entry: dict[str, str]) -> Header | None:
    """The record of an entry; None for an entry that is not an audit record."""
    type = entry.get("_AUDIT_TYPE_NAME")
    serial = entry.get("_AUDIT_ID", "")
    stamp = entry.get("_SOURCE_REALTIME_TIMESTAMP") or entry.get("__REALTIME_TIMESTAMP", "")
    message = entry.get("MESSAGE", "")
    if type is None or _NUMBER.fullmatch(serial) is None or _NUMBER.fullmatch(stamp) is None:
        return None
    if int(serial) > 0xFFFFFFFF:
        return None
    body = message.removeprefix(type).removeprefix("audit:").lstrip()
    return Header(entry.get("_HOSTNAME"), type, int(stamp) // 1000, int(serial), body)
