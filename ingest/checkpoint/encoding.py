"""Encoding of a checkpoint: from the state of a host to tables (`schema`). A save must take little time beside the reading of a
log, so columns are made without a loop in Python where that is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain, count
from operator import attrgetter
from typing import Any

from msgspec import msgpack

from ..clock import Clock
from ..rules.gaps import Gaps
from ..state.host import Host
from .columns import COMMANDS, DESCRIPTOR_TABLES, ENTITIES, FILES, IMAGES, NODES, TEXTS, Rows, columns
from .errors import damaged
from .schema import Content, Position, Surrogates, Wide, tables
from .survey import objects_of
from .types import COLLECTIONS, TYPES

Columns = dict[str, list[Any]]
_ENCODER = msgpack.Encoder()
_SMALLEST, _LARGEST = -(1 << 63), (1 << 64) - 1
"""The numbers that MessagePack holds (its int64 and uint64)."""


def content_of(host: Host, position: Position, most: int | None = None) -> Content:
    """The tables of a state. Raises CheckpointError for a table of more than `most` rows: one collection in many places would
    be written out in each."""
    made = _Tables(objects_of(host), most)
    texts = made.number_texts()
    built: dict[str, Any] = {name: table(**made.tables[name]) for name, table in tables().items() if name != "position"}
    return Content(texts=texts, surrogates=[], wide=[], position=position, **built)


def position_of(clock: Clock, gaps: Gaps, last: tuple[int, int], last_daemon: tuple[int, int]) -> Position:
    """How far a deriver is."""
    (generation, serial), (daemon_ms, daemon_serial) = last, last_daemon
    return Position(
        now=[clock.now],
        generation=[generation],
        serial=[serial],
        daemon_ms=[daemon_ms],
        daemon_serial=[daemon_serial],
        gap_first=[gaps.first],
        gap_last_ms=[gaps.last],
        missing_events=[gaps.missing_events],
    )


def encode(content: Content) -> bytes:
    """A content as bytes. What MessagePack cannot hold is taken out of its table and written beside."""
    try:
        return _ENCODER.encode(content)
    except UnicodeEncodeError:
        content.surrogates = list(_take_surrogates(content.texts))
    except OverflowError:
        content.wide = list(_take_wide(content))
    return encode(content)


class _Tables:
    """Tables while they are made, as columns by name."""

    def __init__(self, objects: Mapping[str, list[Any]], most: int | None) -> None:
        self._most = most
        self.tables: dict[str, Columns] = {}
        self._texts: list[tuple[Columns, str]] = []
        tables_of_descriptors = objects[DESCRIPTOR_TABLES]
        by_id = _numbers(list(map(id, tables_of_descriptors)))
        self._numbers = {name: _numbers(found) for name, found in objects.items() if name != DESCRIPTOR_TABLES}
        self._numbers[DESCRIPTOR_TABLES] = lambda values: by_id(map(id, values))
        self._numbers[ENTITIES] = _numbers([*objects[NODES], *objects[FILES], *objects[IMAGES]])
        for name, type in TYPES.items():
            found = objects[name]
            self._add(name, {c: list(map(attrgetter(type.attribute(c)), found)) for c in columns(tables()[name])})
        self._add(DESCRIPTOR_TABLES, {"entries": tables_of_descriptors})
        self._add(COMMANDS, {"arguments": objects[COMMANDS]})

    def _add(self, name: str, values: Columns) -> None:
        """Add a table whose columns still hold what they refer to."""
        made = self.tables[name] = values
        for column, marked in columns(tables()[name]).items():
            if isinstance(marked, Rows):
                made[column] = self._add_rows(marked.table, values[column])
            elif marked is not None and marked.table == TEXTS:
                self._texts.append((made, column))
            elif marked is not None:
                made[column] = self._numbers[marked.table](values[column])

    def _add_rows(self, name: str, collections: list[Any]) -> list[int | None]:
        kind = COLLECTIONS[name]
        names = list(columns(tables()[name]))
        filled = list(filter(None, collections))
        if self._most is not None and sum(map(len, filled)) > self._most:
            raise damaged(f"too many rows of {name} for its size")
        split = list(zip(*kind.rows(filled), strict=True)) or [()] * len(names)
        self._add(name, {column: list(values) for column, values in zip(names, split, strict=True)})
        if kind.single:
            return [None if value is None else 1 for value in collections]
        return [None if value is None else len(value) for value in collections]

    def number_texts(self) -> list[str]:
        """Put numbers for texts, equal ones once. Returns the texts."""
        found = dict.fromkeys(chain.from_iterable(made[column] for made, column in self._texts))
        found.pop(None, None)
        numbers = _numbers(list(found))
        for made, column in self._texts:
            made[column] = numbers(made[column])
        return list(found)


def _numbers(objects: list[Any]) -> Callable[[Iterable[Any]], list[int | None]]:
    """The function that maps objects to their numbers, and None to None."""
    known: dict[Any, int | None] = dict(zip(objects, count(), strict=False))
    known[None] = None
    return lambda values: list(map(known.__getitem__, values))


def _take_surrogates(texts: list[str]) -> Iterable[Surrogates]:
    for row, text in enumerate(texts):
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            texts[row] = ""
            yield Surrogates(row, text.encode("utf-8", "surrogatepass"))


def _take_wide(content: Content) -> Iterable[Wide]:
    for name in tables():
        table = getattr(content, name)
        for column in table.__struct_fields__:
            values = getattr(table, column)
            for row, value in enumerate(values):
                if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
                    values[row] = 0
                    yield Wide(name, column, row, str(value))
