"""Formats other than auditd's lines. Each is translated to headers and bodies as auditd writes them.

Fields that a format lost stay absent. `Translator` joins records that a format writes on several lines.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..headers import Header
from . import auditbeat, ausearch, journal, laurel


class MultilineRecord(NamedTuple):
    """A record that was written on several lines: its header, the lines, and the offset of the first."""

    header: Header
    raw: bytes
    offset: int


class Translator:
    """Translates lines without an auditd header. `line` returns None for a line in no known format."""

    def __init__(self) -> None:
        self._entry: journal.Entry | None = None

    def line(self, line: str, raw: bytes, offset: int) -> list[Header] | None:
        """The records of a line: an empty list for a line of the format's frame, None for an invalid line. `raw` is the line as
        bytes, `offset` its place in the input."""
        if line.startswith("{"):
            return _json(line)
        entry = self._entry
        if entry is not None:
            entry.add_line(raw)
        if line in ("----", "-----") or line.startswith(("time->", "<no matches>", "#")):
            return []
        if journal.is_field(line, entry is not None):
            if entry is None:
                entry = self._entry = journal.Entry(offset)
                entry.add_line(raw)
            entry.add_field(line)
            return []
        header = ausearch.read(line)
        return [header] if header is not None else None

    def end_entry(self) -> MultilineRecord | None:
        """The record of the journal export entry that a blank line ends; None when there is none."""
        entry, self._entry = self._entry, None
        header = journal.read(entry.fields) if entry is not None else None
        return MultilineRecord(header, entry.raw, entry.offset) if entry is not None and header is not None else None


def _json(line: str) -> list[Header] | None:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    if laurel.recognises(value):
        return laurel.read(value)
    if auditbeat.recognises(value):
        return auditbeat.read(value)
    if "_AUDIT_TYPE_NAME" in value or "_AUDIT_TYPE" in value:
        header = journal.read({name: journal.text(field) for name, field in value.items()})
        return [header] if header is not None else None
    if "__REALTIME_TIMESTAMP" in value:
        return []
    return None
