"""Formats that are not lines of auditd: each is translated to heads and bodies as auditd writes them.

What a format has lost stays absent. `Translator` keeps what a format spreads over several lines.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ..headers import Header
from . import auditbeat, ausearch, journal, laurel


class Spread(NamedTuple):
    """A record that stood on several lines, these lines, and the offset of the first."""

    header: Header
    raw: bytes
    offset: int


class Translator:
    """Translates lines that have no auditd head. `line` gives None for a line of no format that is known."""

    def __init__(self) -> None:
        self._entry: journal.Entry | None = None

    def line(self, line: str, raw: bytes, offset: int) -> list[Header] | None:
        """The records in a line: none for one that belongs to the format's frame, None for one that says nothing. `raw` is
        the line as it stands, `offset` its place in the input."""
        if line.startswith("{"):
            return _json(line)
        entry = self._entry
        if entry is not None:
            entry.holds(raw)
        if line in ("----", "-----") or line.startswith(("time->", "<no matches>", "#")):
            return []
        if journal.is_field(line, entry is not None):
            if entry is None:
                entry = self._entry = journal.Entry(offset)
                entry.holds(raw)
            entry.keep(line)
            return []
        header = ausearch.read(line)
        return [header] if header is not None else None

    def blank(self) -> Spread | None:
        """A blank line ends an entry of a journal export: the record that it held."""
        entry, self._entry = self._entry, None
        header = journal.read(entry.fields) if entry is not None else None
        return Spread(header, entry.raw, entry.offset) if entry is not None and header is not None else None


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
