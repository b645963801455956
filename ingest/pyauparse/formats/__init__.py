"""Formats other than auditd's lines. Each is translated to headers and bodies as auditd writes them.

Fields that a format lost stay absent. `Translator` joins records that a format writes on several lines.
"""

from __future__ import annotations

from typing import NamedTuple

from ..headers import Header
from . import ausearch, documents, journal


class MultilineRecords(NamedTuple):
    """Records that were written on several lines: their headers, the lines, and the offset of the first."""

    headers: list[Header]
    raw: bytes
    offset: int


class Undated(Exception):
    """A line whose date can be read two ways, while the input has not shown yet which."""


class Translator:
    """Translates lines without an auditd header. `line` returns None for a line in no known format."""

    def __init__(self, order: ausearch.DateOrder | None = None) -> None:
        self.order = order or ausearch.DateOrder()
        self._entry: journal.Entry | None = None

    @property
    def within_entry(self) -> bool:
        """Whether the next line can be a field of a journal entry."""
        return self._entry is not None

    @property
    def within_value(self) -> bool:
        """Whether the next line is part of a value, whatever it looks like."""
        return self._entry is not None and self._entry.in_binary

    def line(self, line: str, raw: bytes, offset: int, settled: bool = False) -> list[Header] | None:
        """The records of a line: an empty list for a line of the format's frame, None for an invalid line. `raw` is the line as
        bytes, `offset` its place in the input. Raises Undated when the order of its date is unknown and not `settled`."""
        entry = self._entry
        if entry is not None:
            entry.add_line(raw)
            if entry.add_binary(line, raw):
                return []
            if journal.is_field(line, True):
                entry.add_field(line)
                return []
        start = documents.begins(line)
        if start >= 0:
            found = documents.read(line, start)
            if found is not None or not start:
                return found
        if line in ("----", "-----") or line.startswith(("time->", "<no matches>", "#")):
            return []
        if journal.is_field(line, False):
            entry = self._entry = journal.Entry(offset)
            entry.add_line(raw)
            entry.add_field(line)
            return []
        match = ausearch.recognise(line)
        if match is None:
            return None
        if not self.order.learn(match["date"]) and not settled:
            raise Undated
        header = ausearch.read(match, self.order)
        return [header] if header is not None else None

    def end_entry(self) -> MultilineRecords | None:
        """The records of the journal export entry that a blank line ends; None when there are none."""
        entry, self._entry = self._entry, None
        headers = documents.entry(entry.fields) if entry is not None else None
        return MultilineRecords(headers, entry.raw, entry.offset) if entry is not None and headers else None
