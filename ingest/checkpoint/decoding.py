"""Decoding of a checkpoint: from tables (`schema`) to the state of a host. The tables are hostile input: only classes and values
that `schema` names are built."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import islice, repeat
from typing import Any

from msgspec import DecodeError, msgpack

from ..clock import Clock
from ..state.host import Host
from .columns import COMMANDS, DESCRIPTOR_TABLES, ENTITIES, FILES, IMAGES, NODES, TEXTS, Rows, Table, columns
from .consistency import check
from .errors import damaged
from .schema import Content, Wide, tables
from .types import COLLECTIONS, TYPES

_DECODER = msgpack.Decoder(Content)
_DAMAGED = (ValueError, LookupError, OverflowError)


def decode(encoded: bytes) -> Content:
    """The content that `encoding.encode` was given. Raises CheckpointError."""
    try:
        return _DECODER.decode(encoded)
    except (DecodeError, RecursionError) as error:
        raise damaged(error) from error


def host_of(content: Content) -> Host:
    """The host whose tables these are; the content is spent. Raises CheckpointError for numbers that lead nowhere, for counts
    that do not fit, and for objects that contradict each other."""
    try:
        _restore_odd(content)
        _one_row(content.host)
        _one_row(content.position)
        host = _Objects(content).host
    except _DAMAGED as error:
        raise damaged(error) from error
    host.clock = Clock(content.position.now[0])
    check(host)
    return host


def _restore_odd(content: Content) -> None:
    """Put in what MessagePack could not hold."""
    for surrogates in content.surrogates:
        content.texts[surrogates.row] = surrogates.text.decode("utf-8", "surrogatepass")
    for wide in content.wide:
        _values(content, wide)[wide.row] = int(wide.digits)


def _values(content: Content, wide: Wide) -> list[Any]:
    table = tables()[wide.table]
    if columns(table)[wide.column] is not None:
        raise ValueError(f"{wide.table}.{wide.column} is no column of numbers")
    values: list[Any] = getattr(getattr(content, wide.table), wide.column)
    if type(values[wide.row]) is not int:
        raise ValueError(f"{wide.table}.{wide.column} holds no number in row {wide.row}")
    return values


class _Objects:
    """Objects while they are made: first all of them, empty, then what they hold."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._targets: dict[str, list[Any]] = {TEXTS: content.texts}
        made: dict[str, list[Any]] = {
            name: [object.__new__(type.cls) for _ in range(_length(getattr(content, name)))]
            for name, type in TYPES.items()
            if name != "host"
        }
        self._targets.update(made)
        self._targets[ENTITIES] = [*made[NODES], *made[FILES], *made[IMAGES]]
        for name, column in ((COMMANDS, "arguments"), (DESCRIPTOR_TABLES, "entries")):
            self._targets[name] = self._columns(name)[column]
        for name, objects in made.items():
            self._fill(name, objects)
        for image in made[IMAGES]:
            image.ids = None
        self.host = self._host()

    def _columns(self, name: str) -> Mapping[str, list[Any]]:
        """The columns of a table, with what they refer to instead of numbers and collections instead of counts."""
        table: Table = getattr(self._content, name)
        _length(table)
        found: dict[str, list[Any]] = {}
        for column, marked in columns(type(table)).items():
            values = getattr(table, column)
            if isinstance(marked, Rows):
                values = self._collections(marked.table, values)
            elif marked is not None:
                values = _referred(self._targets[marked.table], values)
            found[column] = values
        return found

    def _collections(self, name: str, counts: list[int | None]) -> list[Any]:
        counted, held = sum(filter(None, counts)), _length(getattr(self._content, name))
        if counted != held:
            raise ValueError(f"{counted} rows of {name} were counted, but {held} exist")
        rows = zip(*self._columns(name).values(), strict=True)
        kind = COLLECTIONS[name]
        made = [None if count is None else kind.make(islice(rows, count)) for count in counts]
        if not kind.single and sum(len(value) for value in made if value is not None) != counted:
            raise ValueError(f"{name} has a key twice")
        return made

    def _fill(self, name: str, objects: list[Any]) -> None:
        type = TYPES[name]
        for column, values in self._columns(name).items():
            decoder = type.decoders.get(column)
            decoded = values if decoder is None else map(decoder, values)
            deque(map(setattr, objects, repeat(type.attribute(column)), decoded), maxlen=0)

    def _host(self) -> Host:
        host = Host("")
        self._fill("host", [host])
        host.begin()
        return host


def _length(table: Table) -> int:
    """The number of a table's rows. Raises ValueError when its columns differ."""
    lengths = {len(getattr(table, column)) for column in table.__struct_fields__}
    if len(lengths) != 1:
        raise ValueError(f"columns of {type(table).__name__} have different lengths")
    return lengths.pop()


def _one_row(table: Table) -> None:
    if _length(table) != 1:
        raise ValueError(f"{type(table).__name__} does not have exactly one row")


def _referred(target: list[Any], numbers: list[int | None]) -> list[Any]:
    if None not in numbers:
        return list(map(target.__getitem__, numbers))  # type: ignore[arg-type]
    return [None if number is None else target[number] for number in numbers]
