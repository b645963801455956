"""Audit records from the systemd journal: `journalctl -o export` and `-o json`, entries with _TRANSPORT=audit.

systemd keeps the record's text in MESSAGE, its type in _AUDIT_TYPE_NAME and the serial in _AUDIT_ID (journald-audit.c).
Before version 239 there is only the type's number, _AUDIT_TYPE; MESSAGE begins with the type's name, or with
`<audit-1300>` before version 227. Lines of auditd can stand in entries of other transports: what audispd hands to syslog, and
what the kernel prints while no daemon listens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..headers import Header
from ..values.record_types import record_type

_FIELD = re.compile(r"[A-Z_][A-Z0-9_]*=")
_BINARY = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z", re.ASCII)
_NEEDED = frozenset(
    (
        *("_AUDIT_TYPE_NAME", "_AUDIT_TYPE", "_AUDIT_ID", "_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"),
        *("MESSAGE", "_HOSTNAME"),
    )
)
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_UNNAMED = re.compile(r"AUDIT\d{1,5}", re.ASCII)
"""The name of a type that systemd does not know."""
_BEGINNING = re.compile(r"\A(?:<audit-\d{1,5}>|AUDIT\d{1,5}(?= ))\s*", re.ASCII)
"""The text that can stand in MESSAGE before the record's text, besides the name of its type."""
_LONGEST = 1 << 20
_STARTS = ("__CURSOR=", "__REALTIME_TIMESTAMP=", "_BOOT_ID=", "_TRANSPORT=", "__MONOTONIC_TIMESTAMP=")
_LENGTH = 8


def is_field(line: str, inside: bool) -> bool:
    """Whether a line is a field of an export entry."""
    return line.startswith(_STARTS) or (inside and _FIELD.match(line) is not None)


def recognises(value: Mapping[str, Any]) -> bool:
    """Whether an entry is one of audit."""
    return "_AUDIT_TYPE_NAME" in value or "_AUDIT_TYPE" in value


class Entry:
    """An entry of a journal export while its lines are read. `offset` is where it begins in the input."""

    __slots__ = ("_binary", "_data", "_lines", "_size", "fields", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.fields: dict[str, str] = {}
        self._lines: list[bytes] = []
        self._size = 0
        self._binary: str | None = None
        self._data = b""

    def add_field(self, line: str) -> None:
        """Add a field, if it is the first or one that a record is built from."""
        name, _, value = line.partition("=")
        self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        if name in _NEEDED or not self.fields:
            self.fields.setdefault(name, value)

    def add_binary(self, line: str, raw: bytes) -> bool:
        """Add a line of a binary field, and say whether it was one: the name alone, then the length in eight bytes and the
        value, which can hold newlines (systemd, JOURNAL_EXPORT_FORMATS)."""
        if self._binary is None:
            if _BINARY.match(line) is None:
                return False
            self._binary, self._data = line, b""
            return True
        self._data += raw + b"\n"
        length = int.from_bytes(self._data[:_LENGTH], "little")
        if len(self._data) > _LONGEST or (len(self._data) > _LENGTH and length > _LONGEST):
            self._binary = None
        elif len(self._data) >= _LENGTH and len(self._data) > _LENGTH + length:
            value = self._data[_LENGTH : _LENGTH + length]
            self._set(self._binary, value.decode("utf-8", "surrogateescape"))
            self._binary = None
        return True

    @property
    def in_binary(self) -> bool:
        """Whether the next line belongs to a value, whatever it looks like."""
        return self._binary is not None

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


def read(entry: dict[str, str]) -> list[Header] | None:
    """The record of an audit entry; None when its time or serial is invalid."""
    serial = entry.get("_AUDIT_ID", "")
    stamp = entry.get("_SOURCE_REALTIME_TIMESTAMP") or entry.get("__REALTIME_TIMESTAMP", "")
    if _NUMBER.fullmatch(serial) is None or _NUMBER.fullmatch(stamp) is None or int(serial) > 0xFFFFFFFF:
        return None
    name = entry.get("_AUDIT_TYPE_NAME", "")
    type = name if name and _UNNAMED.fullmatch(name) is None else record_type(entry.get("_AUDIT_TYPE", name[5:]))
    body = _BEGINNING.sub("", entry.get("MESSAGE", ""), count=1).removeprefix(type).removeprefix("audit:").lstrip()
    return [Header(entry.get("_HOSTNAME"), type, int(stamp) // 1000, int(serial), body)]
