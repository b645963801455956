"""Records and events: one model for every format of input."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from ingest.pyauparse.interpret import interpret
from ingest.pyauparse.shapes import Shape
from ingest.pyauparse.values.numbers import number
from ingest.pyauparse.values.text import decode

_CHUNK = re.compile(r"a(\d{1,7})(?:\[(\d{1,4})\])?\Z", re.ASCII)
_LENGTH = re.compile(r"a(\d{1,7})_len\Z", re.ASCII)


class Record:
    """One audit record. `record[name]` is the decoded text; `value(name)` the text as in the log."""

    __slots__ = ("_line", "shape", "type", "values")

    def __init__(self, shape: Shape, values: tuple[str, ...], line: str | tuple[Event, int]) -> None:
        self.shape = shape
        self.values = values
        self.type = shape.type
        self._line = line

    def __getitem__(self, name: str) -> str:
        place = self.shape.index.get(name)
        if place is None:
            place = self._inner(name)
            if place is None:
                raise KeyError(name)
        return self._decoded(place)

    def _inner(self, name: str) -> int | None:
        for place, style in enumerate(self.shape.styles):
            if style in "ij" and self.shape.names[place] == name:
                return place
        return None

    def _decoded(self, place: int) -> str:
        value = self.values[place]
        if self.shape.styles[place] in "bi":
            return decode(self.type, self.shape.names[place], value)
        return value

    def get(self, name: str, default: str | None = None) -> str | None:
        """The decoded text of a field, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def value(self, name: str, default: str | None = None) -> str | None:
        """The text of a field exactly as in the log, quotes and hexadecimal kept; `default` when it is absent."""
        place = self.shape.index.get(name)
        if place is None:
            place = self._inner(name)
            if place is None:
                return default
        value = self.values[place]
        return f'"{value}"' if self.shape.styles[place] in "qj" else value

    @property
    def fields(self) -> dict[str, str]:
        """Every field as decoded text, in order; the first of a name wins, an inner one never over an outer."""
        shape = self.shape
        plain = shape.decoded(self.values)
        if plain is not None:
            return plain
        found: dict[str, str] = {}
        for place, (name, style) in enumerate(zip(shape.names, shape.styles, strict=True)):
            if style == "q":
                found.setdefault(name, self.values[place])
            elif style in "bij":
                found.setdefault(name, self._decoded(place))
        return found

    def decoded(self) -> tuple[str, ...]:
        """Every value as decoded text, in the order of the shape's names."""
        return tuple(self._decoded(place) for place in range(len(self.values)))

    @property
    def inner(self) -> dict[str, str]:
        """The fields inside `msg='...'`, decoded."""
        shape = self.shape
        return {shape.names[place]: self._decoded(place) for place, style in enumerate(shape.styles) if style in "ij"}

    @property
    def enriched(self) -> Mapping[str, str]:
        """What the daemon that wrote the log interpreted, by its upper-case names."""
        return {name: self.values[place] for name, place in self.shape.enriched.items()}

    @property
    def interpreted(self) -> dict[str, str]:
        """Every field as a person reads it: the log's own interpretation where it has one, else ours."""
        enriched = self.enriched
        arch, call = self.value("arch"), number(self.value("syscall") or "")
        found: dict[str, str] = {}
        for name in self.fields:
            said = enriched.get(name.upper())
            if said is not None and name != "saddr":
                found[name] = said
            else:
                found[name] = interpret(self.type, name, self.value(name) or "", arch, call, self._arguments())
        return found

    def _arguments(self) -> list[str] | None:
        if self.type != "SYSCALL":
            return None
        return [self.value(f"a{place}") or "" for place in range(4)]

    @property
    def raw(self) -> str:
        """The line as it stood in the input (bytes that are not UTF-8 as surrogates)."""
        if isinstance(self._line, str):
            return self._line
        event, place = self._line
        return event.text.split("\n")[place]

    def __repr__(self) -> str:
        return f"<Record {self.raw[:80]!r}>"


class Layout:
    """Which of a matched event's values belong to which record: (shape, start, end) a record, and which of them may be
    hexadecimal text."""

    __slots__ = ("escaped", "parts", "place", "types")

    def __init__(self, parts: tuple[tuple[Shape, int, int], ...]) -> None:
        self.parts = parts
        self.types = tuple(shape.type for shape, _, _ in parts)
        self.place = {type: place for place, type in reversed(list(enumerate(self.types)))}
        self.escaped = tuple(
            (start + place, shape.type, name) for shape, start, _ in parts for place, name in shape.escaped
        )


class Event:
    """All records with one (node, time, serial). `ms` is the time in milliseconds since the epoch.

    `line` (from 1) and `offset` (bytes, from 0) say where its first line stands in the input. `complete` is False when
    records that its SYSCALL announces are missing; `late` is True when later serials had been given out before it came.
    """

    __slots__ = (
        "_groups",
        "_layout",
        "_lines",
        "_records",
        "_text",
        "complete",
        "key",
        "late",
        "line",
        "ms",
        "node",
        "offset",
        "serial",
    )

    def __init__(self, node: str | None, ms: int, serial: int, line: int, offset: int) -> None:
        self.node = node
        self.ms = ms
        self.serial = serial
        self.line = line
        self.offset = offset
        self.key = 0
        self.complete = True
        self.late = False
        self._layout: Layout | None = None
        self._records: list[Record] | None = None
        self._lines: list[bytes] | None = None

    def matched(self, layout: Layout, groups: tuple[str, ...], text: str) -> None:
        """Take the values of a whole event at once; records are made of them when somebody looks."""
        self._layout = layout
        self._groups = groups
        self._text = text

    def add(self, record: Record, line: bytes) -> None:
        """Append a record and the line it came from."""
        records = self.records
        if self._lines is None:
            self._lines = self._text.encode("latin-1").split(b"\n") if records else []
        records.append(record)
        if not self._lines or line is not self._lines[-1]:
            self._lines.append(line)

    @property
    def records(self) -> list[Record]:
        """The records in order of arrival."""
        records = self._records
        if records is None:
            layout = self._layout
            records = [] if layout is None else [self._record(layout, place) for place in range(len(layout.parts))]
            self._records = records
        return records

    def _record(self, layout: Layout, place: int) -> Record:
        shape, start, end = layout.parts[place]
        return Record(shape, self._groups[start:end], (self, place))

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the records, in order of arrival."""
        if self._records is None and self._layout is not None:
            return self._layout.types
        return tuple(record.type for record in self.records)

    @property
    def text(self) -> str:
        """The input lines of an event that was matched at once, bytes as Latin-1."""
        return self._text

    def decoded(self) -> list[tuple[Shape, tuple[str, ...]]]:
        """Every field of every record as decoded text, the fastest way to all of them: a shape, whose `names` say which
        field each value is of, and the values, a record. Fields of the log's own interpretation come last, as they are."""
        layout = self._layout
        if layout is None or self._records is not None:
            return [(record.shape, record.decoded()) for record in self.records]
        values = list(self._groups)
        for place, type, name in layout.escaped:
            values[place] = decode(type, name, values[place])
        return [(shape, tuple(values[start:end])) for shape, start, end in layout.parts]

    @property
    def time(self) -> Decimal:
        """Seconds since the epoch, exactly."""
        return Decimal(self.ms).scaleb(-3)

    @property
    def raw(self) -> bytes:
        """The input lines of the event, joined by newlines."""
        if self._lines is None:
            return self._text.encode("latin-1")
        return b"\n".join(self._lines)

    @property
    def size(self) -> int:
        """Bytes of `raw`."""
        return len(self._text) if self._lines is None else sum(map(len, self._lines)) + len(self._lines) - 1

    @property
    def daemon(self) -> bool:
        """Whether the audit daemon wrote it about itself: such events have serials of their own."""
        if self._lines is None:
            return False
        return self.types[0].startswith("DAEMON_")

    def first(self, type: str) -> Record | None:
        """The first record of a type. Others are not made of their values when nobody has looked at them yet."""
        layout = self._layout
        if self._records is None and layout is not None:
            place = layout.place.get(type)
            return None if place is None else self._record(layout, place)
        return next((record for record in self.records if record.type == type), None)

    def all(self, type: str) -> list[Record]:
        """Every record of a type, in order of arrival."""
        layout = self._layout
        if self._records is None and layout is not None:
            if type not in layout.place:
                return []
            return [self._record(layout, place) for place, other in enumerate(layout.types) if other == type]
        return [record for record in self.records if record.type == type]

    @property
    def argv(self) -> list[str] | None:
        """The arguments of EXECVE, joined from its chunks; None without EXECVE. A missing chunk is a gap of `...`."""
        if "EXECVE" not in self.types:
            return None
        return [argument for argument, _ in self._arguments()]

    @property
    def argv_gaps(self) -> list[int]:
        """The places of arguments of which a chunk is missing."""
        return [place for place, (_, gap) in enumerate(self._arguments()) if gap]

    def _arguments(self) -> Iterator[tuple[str, bool]]:
        whole: dict[int, str] = {}
        chunks: dict[int, dict[int, str]] = {}
        lengths: dict[int, int] = {}
        count = 0
        for record in self.all("EXECVE"):
            count = max(count, number(record.value("argc") or "") or 0)
            for name in record.shape.index:
                match = _CHUNK.match(name)
                if match is not None and match[2] is not None:
                    chunks.setdefault(int(match[1]), {})[int(match[2])] = record.value(name) or ""
                elif match is not None:
                    whole[int(match[1])] = record[name]
                elif (length := _LENGTH.match(name)) is not None:
                    lengths[int(length[1])] = number(record.value(name) or "") or 0
        most = max([count - 1, *whole, *chunks]) if (whole or chunks or count) else -1
        for place in range(min(most + 1, 1 << 16)):
            if place in chunks:
                yield _joined(chunks[place], lengths.get(place))
            else:
                yield whole.get(place, ""), False

    def __repr__(self) -> str:
        return f"<Event {self.node or ''} {self.time}:{self.serial} {[record.type for record in self.records]}>"


def _joined(chunks: dict[int, str], length: int | None) -> tuple[str, bool]:
    """An argument from its numbered chunks: hexadecimal is joined before it is decoded, quoted text is text."""
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
            data += value[1:-1].encode("utf-8", "surrogateescape") if value[:1] == '"' else bytes.fromhex(value)
        except ValueError:
            data += value.encode("utf-8", "surrogateescape")
    if length is not None and size < length:
        gap = True
    return bytes(data).decode("utf-8", "surrogateescape"), gap
