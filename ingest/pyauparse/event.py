"""Events: all records with the same node, time and serial, in one model for every input format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from .cuts import CUT, LIMITS, is_without_reason
from .record import Record
from .shapes import Shape
from .values.numbers import number
from .values.text import from_hex

_CHUNK = re.compile(r"a(\d{1,7})(?:\[(\d{1,4})\])?\Z", re.ASCII)
_GENERATION = 35
"""The place of the generation in a key, as the assembler makes them."""
_MANY = 64
"""From so many lines on, those of an event are also held as a set."""
_LONG = 256
"""A shorter value does not make a line as long as collectors' limits."""
_LENGTH = re.compile(r"a(\d{1,7})_len\Z", re.ASCII)


class Layout:
    """The layout of an event that one pattern matched: for each record (shape, start, end) among the event's values, and which
    values may be hexadecimal text."""

    __slots__ = ("escaped", "kinds", "parts", "picks", "place", "shapes", "split", "types")

    def __init__(self, parts: tuple[tuple[Shape, int, int], ...]) -> None:
        self.parts = parts
        self.picks: dict[object, Any] = {}
        """The cache of `ingest.pyauparse.columns` for this layout."""
        self.shapes = tuple(shape for shape, _, _ in parts)
        self.types = tuple(shape.type for shape in self.shapes)
        self.kinds = frozenset(self.types)
        """The types, each once."""
        self.place = {type: place for place, type in reversed(list(enumerate(self.types)))}
        self.escaped = tuple((start + place, read) for shape, start, _ in parts for place, read in shape.escaped)
        self.split: Callable[[Sequence[str]], tuple[Sequence[str], ...]] = itemgetter(
            *(slice(start, end) for _, start, end in parts), slice(0)
        )
        """Splits the values by record, with an empty slice at the end: a single slice would come without a tuple around it."""


class Event:
    """All records with one (node, time, serial). `ms` is the time in milliseconds since the epoch.

    `line` (from 1) and `offset` (bytes, from 0) are the place of its first line in the input. `complete` is False when
    records that its SYSCALL announces are missing; `late` is True when later serials had been released before it was read.
    `daemon` is True when the audit daemon wrote it about itself: such events have serials of their own. `from_lines` is True
    when it was assembled from single lines, so that some may be missing; else the groups of `match` are its values.
    """

    __slots__ = (
        "_data",
        "_lines",
        "_many",
        "_records",
        "complete",
        "daemon",
        "key",
        "late",
        "layout",
        "line",
        "match",
        "ms",
        "node",
        "offset",
        "serial",
    )

    def __init__(
        self,
        node: str | None,
        ms: int,
        serial: int,
        line: int,
        offset: int,
        layout: Layout | None = None,
        match: re.Match[str] | None = None,
        data: bytes = b"",
    ) -> None:
        """With `layout` and `match` the event is complete, and its values are read from them on first use. `data` is the ASCII
        input that was matched. The lines are cut out of it when they are read: before, they would lie between the matches of
        other events, which are freed sooner, and leave holes in memory."""
        self.node = node
        self.ms = ms
        self.serial = serial
        self.line = line
        self.offset = offset
        self.key = 0
        self.complete = True
        self.late = False
        self.daemon = False
        self.match = match
        self._data = data
        self.layout = layout
        """Maps `values` to records and fields; None when the records have been built."""
        self._records: list[Record] | None = None
        self._lines: list[bytes] | None = None
        self._many: set[bytes] | None = None

    def add(self, record: Record, line: bytes) -> None:
        """Append a record and the line it came from. A line that the event has already is left out: collectors that deliver
        at least once deliver some twice, and a line with several events is read again for each of them."""
        records = self.records
        if self._lines is None:
            self._lines = self.raw.split(b"\n") if records else []
        if not self._lines or line is not self._lines[-1]:
            if line in (self._lines if len(self._lines) < _MANY else self._set_of_lines(self._lines)):
                return
            self._lines.append(line)
            if self._many is not None:
                self._many.add(line)
        records.append(record)

    def _set_of_lines(self, lines: list[bytes]) -> set[bytes]:
        """The lines as a set: to look through a list for each line of a long event would take quadratic time."""
        if self._many is None:
            self._many = set(lines)
        return self._many

    @property
    def from_lines(self) -> bool:
        """Whether lines of the event were read one by one, so that more of them may come."""
        return self.match is None or self._lines is not None

    @property
    def generation(self) -> int:
        """How often serials had started again in the input before this event."""
        return self.key >> _GENERATION

    @property
    def records(self) -> list[Record]:
        """The records in order of arrival."""
        records = self._records
        if records is None:
            layout = self.layout
            records = [] if layout is None else [self._record(layout, place) for place in range(len(layout.parts))]
            self._records = records
            self.layout = None
        return records

    def _record(self, layout: Layout, place: int) -> Record:
        shape, start, end = layout.parts[place]
        match = self.match
        if match is None or start == end:
            return Record(shape, (), "" if match is None else (match, place))
        values = (match[end],) if end == start + 1 else match.group(*range(start + 1, end + 1))
        return Record(shape, values, (match, place))

    @property
    def values(self) -> tuple[str, ...]:
        """The values of all records of an event that one pattern matched, as in the log without quotes."""
        return self.match.groups() if self.match is not None else ()

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the records, in order of arrival."""
        if self.layout is not None:
            return self.layout.types
        return tuple(record.type for record in self.records)

    def decoded(self) -> list[tuple[Shape, Sequence[str]]]:
        """Every field of every record as decoded text, the fastest way to read all of them: for each record its shape, whose
        `names` are the names of the fields, and their values. Fields that the log itself interpreted come last, unchanged."""
        layout = self.layout
        if layout is None:
            return [(record.shape, record.decoded()) for record in self.records]
        values = list(self.values)
        for place, read in layout.escaped:
            values[place] = read(values[place])
        return list(zip(layout.shapes, layout.split(values), strict=False))

    @property
    def time(self) -> Decimal:
        """Seconds since the epoch, exactly."""
        return Decimal(self.ms).scaleb(-3)

    @property
    def raw(self) -> bytes:
        """The input lines of the event, joined by newlines."""
        if self._lines is not None:
            return b"\n".join(self._lines)
        if self.match is None:
            return b""
        begin, end = self.match.span()
        return self._data[begin : end - 1]

    @property
    def raw_records(self) -> list[bytes]:
        """The input of each record: a line, or several lines in a format whose records span lines, the last with its newline."""
        return self.raw.split(b"\n") if self._lines is None else list(self._lines)

    def first(self, type: str) -> Record | None:
        """The first record of a type; None without one. It does not build the other records of the event."""
        layout = self.layout
        if layout is not None:
            place = layout.place.get(type)
            return None if place is None else self._record(layout, place)
        return next((record for record in self.records if record.type == type), None)

    def all(self, type: str) -> list[Record]:
        """Every record of a type, in order of arrival."""
        layout = self.layout
        if layout is not None:
            if type not in layout.place:
                return []
            return [self._record(layout, place) for place, other in enumerate(layout.types) if other == type]
        return [record for record in self.records if record.type == type]

    @property
    def cut(self) -> bool:
        """Whether a line of the event ends inside a value, or before the last of the arguments that EXECVE announces."""
        if self.layout is None and any(record.shape.cut for record in self.records):
            return True
        return "EXECVE" in self.types and bool(self.argv_gaps)

    @property
    def argv(self) -> list[str] | None:
        """The arguments of EXECVE, joined from their chunks; None without EXECVE. What is missing is shown as `...`."""
        records = self.all("EXECVE")
        if not records:
            return None
        arguments = records[0].arguments() if len(records) == 1 else None
        if arguments is None:
            return [argument for argument, _ in self._arguments()]
        if arguments and records[0].shape.ends_in_bytes and self._ends_cut(records[0]):
            arguments[-1] += CUT
        return arguments

    @property
    def argv_gaps(self) -> list[int]:
        """The positions of the arguments that are missing, lack a chunk or are cut."""
        records = self.all("EXECVE")
        if len(records) == 1 and not records[0].shape.cut and records[0].has_all_arguments:
            cut = records[0].shape.ends_in_bytes and self._ends_cut(records[0])
            return [len(records[0].values) - 2] if cut else []
        return [place for place, (_, gap) in enumerate(self._arguments()) if gap]

    def _ends_cut(self, record: Record) -> bool:
        """Whether an EXECVE record whose last value is bare is cut in it, though it has an even number of digits (`cuts`)."""
        value = record.values[-1]
        if is_without_reason(value):
            return True
        if not self.from_lines or len(value) < _LONG or from_hex(value) is None:
            return False
        lines = self.raw_records
        return any(len(line) in LIMITS and line.endswith(value.encode()) for line in lines)

    def _arguments(self) -> Iterator[tuple[str, bool]]:
        unchunked: dict[int, str] = {}
        chunks: dict[int, dict[int, str]] = {}
        lengths: dict[int, int] = {}
        cut: set[int] = set()
        count = 0
        for record in self.all("EXECVE"):
            count = max(count, number(record.value("argc") or "") or 0)
            for name in record.shape.index:
                match = _CHUNK.match(name)
                if match is not None and match[2] is not None:
                    chunks.setdefault(int(match[1]), {})[int(match[2])] = record.value(name) or ""
                elif match is not None:
                    unchunked[int(match[1])] = record[name]
                    if record.is_cut(name):
                        cut.add(int(match[1]))
                elif (length := _LENGTH.match(name)) is not None:
                    lengths[int(length[1])] = number(record.value(name) or "") or 0
        most = max([count - 1, *unchunked, *chunks]) if (unchunked or chunks or count) else -1
        most_known = max([*unchunked, *chunks], default=-1)
        for place in range(min(most + 1, 1 << 16)):
            if place in chunks:
                yield _joined(chunks[place], lengths.get(place))
            else:
                missing = place > most_known
                yield unchunked.get(place, CUT if missing else ""), missing or place in cut

    def __repr__(self) -> str:
        return f"<Event {self.node or ''} {self.time}:{self.serial} {[record.type for record in self.records]}>"


def _joined(chunks: dict[int, str], length: int | None) -> tuple[str, bool]:
    """An argument joined from its numbered chunks, and whether a chunk is missing. Hexadecimal chunks are joined before
    decoding."""
    data = bytearray()
    gap = False
    size = 0
    for place in range(max(chunks) + 1):
        value = chunks.get(place)
        if value is None:
            gap = True
            data += b"..."
            continue
        size += len(value.strip('"')) if value.startswith('"') else len(value)
        try:
            if value[:1] == '"' and (len(value) < 2 or value[-1] != '"'):
                data += value[1:].encode("utf-8", "surrogateescape") + b"..."
                gap = True
            else:
                data += value[1:-1].encode("utf-8", "surrogateescape") if value[:1] == '"' else bytes.fromhex(value)
        except ValueError:
            data += value.encode("utf-8", "surrogateescape")
    if length is not None and size < length:
        gap = True
    return bytes(data).decode("utf-8", "surrogateescape"), gap
