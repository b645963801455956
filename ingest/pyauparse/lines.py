"""Lines of any format to the headers and bodies of records: wrappers taken off, other formats translated.

A line can hold several records, a record can span several lines, and what a line means can depend on a later one (a date whose
day and month nothing shows yet). `LineReader` holds such lines back, within bounds.
"""

from __future__ import annotations

from typing import NamedTuple

from .formats import Translator, Undated, documents
from .formats.ausearch import DateOrder
from .formats.container import Containers
from .formats.tables import Row, Table, head
from .headers import Header, read_header, read_headers
from .wrappers import (
    begins_wazuh_alert,
    frames,
    may_be_of_cell,
    of_cell,
    parts_at_zeros,
    unescaped,
    wazuh_host,
    without_colours,
)

_CENTURIES = ("19", "20")
"""How the time in a container run-time's prefix begins."""
_MOST_UNDATED = 32 << 20
"""The most bytes of lines that wait for a date that shows whether day or month comes first."""


class ReadLine(NamedTuple):
    """A line, or several that belong together: the headers of its records, empty for a line of a format's frame, None for an
    invalid line; its text, its bytes, the offset of the first byte in the input and the number of the line (from 1)."""

    headers: list[Header] | None
    text: str
    raw: bytes
    offset: int
    number: int


class LineReader:
    """Reads lines in order. `day_first` is the order of the dates that `ausearch -i` wrote; None lets the dates show it.

    `ambiguous_date` is a date of an input that does not show the order; such dates are read with the month first.
    """

    def __init__(self, day_first: bool | None = None) -> None:
        self.dates = DateOrder(day_first)
        self.ambiguous_date: str | None = None
        self._translator = Translator(self.dates)
        self._containers = Containers()
        self._table: Table | None = None
        self._alert_host: str | None = None
        """The host of the alert whose lines are read (Wazuh's `alerts.log`)."""
        self._undated: list[tuple[bytes, int, int]] = []
        self._undated_bytes = 0

    @property
    def in_table(self) -> bool:
        """Whether the lines are rows of a table."""
        return self._table is not None

    def read_plain(self, raw: bytes) -> tuple[Header, str] | None:
        """The header and text of a line that is one record of auditd: a faster way than `read`. None for any other line, and
        for one with a byte that objects and escaped control characters have."""
        if self._undated or self._translator.within_entry or self._table is not None or self._alert_host is not None:
            return None
        if (
            b"{" in raw
            or b"#" in raw
            or b"\\" in raw
            or b"^" in raw
            or b"<1" in raw
            or b"%" in raw
            or b"&" in raw
            or b"\0" in raw
            or b"\x1b" in raw
            or raw[-1:] == b"\r"
            or may_be_of_cell(raw)
        ):
            return None
        line = raw.decode("utf-8", "surrogateescape")
        if line[:2] in _CENTURIES:
            return None
        header = read_header(line)
        return None if header is None else (header, line)

    def read(self, raw: bytes, offset: int, number: int) -> list[ReadLine]:
        """Read one line without its newline. The result can be empty (the line waits) or hold lines that have waited."""
        within_value = self._translator.within_value
        if self._table is not None:
            row = self._table.take(_text(raw), raw, offset)
            return [] if row is None else self._read_row(self._table, row, number)
        if not within_value and not raw.strip(b" \t\r"):
            self._alert_host = None
            return self._end_entry(number) or [ReadLine([], "", raw, offset, number)]
        line = _text(raw)
        if not within_value:
            if "\x1b" in line:
                line = without_colours(line)
            if b"\0" in raw:
                if (parts := parts_at_zeros(raw)) is None:
                    return [ReadLine(None, line, raw, offset, number)]
                line = "\n".join(map(_text, parts))
            first = line[:2]
            if first in _CENTURIES and (part := self._containers.take(line, raw, offset)) is not None:
                if part.text is None:
                    return [ReadLine([], "", raw, offset, number)]
                line, raw, offset = part.text, part.raw, part.offset
            elif first[:1].isdigit() and len(messages := frames(raw)) > 1:
                line = "\n".join(map(_text, messages))
        return self._read_text(line, raw, offset, number)

    def _read_row(self, table: Table, row: Row, number: int) -> list[ReadLine]:
        """The lines of a row that ends with line `number`, the last one with its records. A row with other columns than the head
        is read line by line: it can be the head of the next table."""
        places: list[tuple[bytes, int, int]] = []
        offset = row.offset
        lines = row.raw.split(b"\n")
        for place, raw in enumerate(lines):
            places.append((raw, offset, number - len(lines) + 1 + place))
            offset += len(raw) + 1
        headers = documents.row(row.cells) if row.cells is not None else None
        if headers is not None:
            before = [ReadLine([], "", *place) for place in places[:-1]]
            return [*before, ReadLine(headers, row.text, row.raw, row.offset, number)]
        self._table = None
        read = [line for place in places for line in self.read(*place)]
        self._table = self._table or table
        return read

    def end_row(self, number: int) -> list[ReadLine]:
        """End the input within a row of a table: its lines, which were not returned yet."""
        row = self._table.end() if self._table is not None else None
        return [] if self._table is None or row is None else self._read_row(self._table, row, number)

    def _read_text(self, line: str, raw: bytes, offset: int, number: int, settled: bool = False) -> list[ReadLine]:
        headers = None
        if not self._translator.within_value:
            cell = of_cell(line) if may_be_of_cell(raw) and documents.begins(line) < 0 else line
            text = unescaped(cell)
            line = cell if cell.startswith("{") else line
            if documents.begins(text) < 0:
                headers = read_headers(text)
        if headers is None:
            try:
                headers = self._translator.line(line, raw, offset, settled)
            except Undated:
                return self._wait_for_a_date(raw, offset, number)
        if headers is None and not self._translator.within_value and '\\"' not in line:  # braces that are no object
            headers = read_headers(unescaped(line))
        if headers is None and (host := wazuh_host(line)) is not None:
            self._alert_host, headers = host, []
        elif headers is None and begins_wazuh_alert(line):
            headers = []
        if self._alert_host is not None and (headers is not None or "audit(" not in line):
            headers = [
                header if header.hostname else header._replace(hostname=self._alert_host) for header in headers or ()
            ]
        if headers is None and (table := head(line)) is not None:
            self._table, headers = table, []
        read = [ReadLine(headers, line, raw, offset, number)]
        if self._undated and self.dates.day_first is not None:
            return self.settle() + read
        return read

    def _wait_for_a_date(self, raw: bytes, offset: int, number: int) -> list[ReadLine]:
        self._undated.append((raw, offset, number))
        self._undated_bytes += len(raw)
        return self.settle() if self._undated_bytes > _MOST_UNDATED else []

    def settle(self) -> list[ReadLine]:
        """Read the lines that wait for a date that shows the order of day and month, with the order as far as it is known."""
        undated, self._undated = self._undated, []
        self._undated_bytes = 0
        if undated and self.dates.day_first is None:
            self.ambiguous_date = _text(undated[0][0]).partition("audit(")[2].partition(" ")[0]
        return [
            read
            for raw, offset, number in undated
            for read in self._read_text(_text(raw), raw, offset, number, settled=True)
        ]

    def pending(self) -> bytes:
        """The lines that wait, each with its newline; a later reader must be given them before what follows."""
        return (
            b"".join(raw + b"\n" for raw, _, _ in self._undated)
            + self._containers.pending()
            + (self._table.pending() if self._table is not None else b"")
        )

    def end(self, number: int) -> list[ReadLine]:
        """End the input: lines that waited for others. Those of a journal entry and of a container were counted before."""
        read = self._end_entry(number)
        for part in self._containers.close():
            read += self._read_text(part.text or "", part.raw, part.offset, number)
        return read

    def _end_entry(self, number: int) -> list[ReadLine]:
        entry = self._translator.end_entry()
        return [] if entry is None else [ReadLine(entry.headers, _text(entry.raw), entry.raw, entry.offset, number)]


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\r").decode("utf-8", "surrogateescape").removeprefix("\ufeff")
