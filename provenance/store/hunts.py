"""Hunts: searches of a whole store for one kind of suspicious behaviour, such as shells that use a connection themselves.

The header of `cypher/hunt/NAME.cypher` defines a hunt: its title, its parameters with their defaults, its columns; the
statement's ORDER BY is the order of its rows. `NAME.sql` beside it is the same hunt for the embedded store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, TypeVar

from provenance.errors import Stopped, UsageError

_T = TypeVar("_T")
MOST_ROWS = 100_000
"""The most rows that a store reads for a hunt."""
LIMIT_S = 60.0
"""The time limit of a hunt, unless the caller gives another (seconds)."""
Stop = Callable[[], bool]
"""Whether a hunt has to stop; a store calls it while the hunt runs."""
LEAST, MOST = 1, 1_000_000
"""The bounds of every parameter."""
_TYPES: dict[str, tuple[str, ...]] = {
    "time": ("time", "first", "last", "written", "executed", "deleted"),
    "integer": ("pid", "uid", "euid", "auid", "ses", "port", "times", "processes", "files", "sessions"),
    "number": ("seconds", "deviation"),
    "flag": ("other_user",),
    "list": ("auids", "hosts", "addresses", "programs", "commands"),
}
_TYPE_OF = {column: type for type, columns in _TYPES.items() for column in columns}
"""A column of one name has one type in every hunt; all others are texts."""
HOST_COLUMNS = frozenset(("host", "from", "to"))
_DIGITS = 9
"""The digits after the point of a number: the last ones depend on the order in which a store adds."""


class Column(NamedTuple):
    """A column: its name, and its type: text, integer, number, flag, list, or time (ms since the epoch)."""

    name: str
    type: str


class Sorting(NamedTuple):
    """A column by which rows are sorted: by its value, or a list by its length."""

    column: int
    descending: bool


@dataclass(frozen=True, slots=True)
class Hunt:
    """A hunt. `parameters` are whole numbers with their defaults; `dialects` are the languages in which it is written."""

    name: str
    title: str
    parameters: Mapping[str, int]
    columns: tuple[Column, ...]
    sorting: tuple[Sorting, ...]
    dialects: frozenset[str]

    def values(self, given: Mapping[str, int]) -> dict[str, int]:
        """The values of all parameters, of which some are given. Raises UsageError."""
        for name, value in given.items():
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "it has none"
                raise UsageError(f"invalid parameter {name!r} of the hunt {self.name}: the parameters are: {known}")
            if not LEAST <= value <= MOST:
                raise UsageError(f"invalid {name} {value}: expected {LEAST} to {MOST}")
        return {**self.parameters, **given}


@dataclass(frozen=True, slots=True)
class HuntResult:
    """The rows of a hunt, with a value for each column, in its order; `more` when there were more than requested."""

    hunt: Hunt
    rows: tuple[tuple[Any, ...], ...]
    more: bool


def never() -> bool:
    """The `Stop` of a hunt that only its time limit ends."""
    return False


def unless_stopped(rows: Iterable[_T], stop: Stop) -> Iterator[_T]:
    """The rows of a hunt. Raises Stopped when `stop` is true at one of them."""
    for row in rows:
        if stop():
            raise Stopped("the hunt was stopped")
        yield row


@cache
def hunts() -> Mapping[str, Hunt]:
    """All hunts, by name."""
    from provenance.store.statements import folder  # every command loads this module, and few need what reads packages

    texts: dict[str, dict[str, str]] = {}
    for entry in (folder() / "hunt").iterdir():
        name, _, dialect = entry.name.partition(".")
        texts.setdefault(name, {})[dialect] = entry.read_text(encoding="utf-8")
    return {name: _parse(name, texts[name]) for name in sorted(texts)}


def hunt(name: str) -> Hunt:
    """The hunt of this name. Raises UsageError."""
    found = hunts().get(name)
    if found is None:
        raise UsageError(f"no such hunt {name[:100]!r}")
    return found


@cache
def sql(name: str) -> str:
    """The SQL of a hunt. Raises UsageError when it has none."""
    if "sql" not in hunt(name).dialects:
        raise UsageError(f"the hunt {name} needs a Neo4j store")
    from provenance.store.statements import folder

    return (folder() / "hunt" / f"{name}.sql").read_text(encoding="utf-8")


def found_rows(hunt: Hunt, rows: Iterable[Sequence[Any]], limit: int | None) -> HuntResult:
    """The rows of a store in the order of the hunt, at most `limit`. Rows that the statement's order leaves equal are in order
    of all their values, so that every store gives the same."""
    ready = sorted((_normal(hunt, row) for row in rows), key=_all_values)
    for column, descending in reversed(hunt.sorting):
        ready.sort(key=lambda row: _rank(row[column]), reverse=descending)
    return HuntResult(hunt, tuple(ready[:limit]), len(ready) >= MOST_ROWS or (limit is not None and len(ready) > limit))


def _parse(name: str, texts: Mapping[str, str]) -> Hunt:
    """A hunt from its files."""
    text = texts["cypher"]
    header = " ".join(line.removeprefix("//").strip() for line in text.splitlines() if line.startswith("//"))
    title, _, rest = header.partition(" Parameters: ")
    parameters, _, rest = rest.partition(" Returns: ")
    columns = re.sub(r" \(.*?\)", "", rest.partition(". Index: ")[0]).split(", ")
    order = re.search(r"^ORDER BY (.*)\Z", text.rstrip(), re.MULTILINE)
    return Hunt(
        name,
        title,
        {one: int(value) for one, value in re.findall(r"(\w+) = (\d+)", parameters)},
        tuple(Column(column, _TYPE_OF.get(column, "text")) for column in columns),
        tuple(_sorting(term, columns) for term in order[1].split(", ")) if order is not None else (),
        frozenset(texts),
    )


def _sorting(term: str, columns: Sequence[str]) -> Sorting:
    column = re.sub(r"size\((\w+)\)", r"\1", term.removesuffix(" DESC"))
    return Sorting(columns.index(column), term.endswith(" DESC"))


def _normal(hunt: Hunt, row: Sequence[Any]) -> tuple[Any, ...]:
    """A row with each value in its column's type."""
    return tuple(_value(column.type, value) for column, value in zip(hunt.columns, row, strict=True))


def _value(type: str, value: Any) -> Any:
    if value is None:
        return None
    if type == "list":
        items = json.loads(value) if isinstance(value, str) else value
        return tuple(sorted((item for item in items if item is not None), key=_rank))
    if type == "number":
        return round(float(value), _DIGITS)
    return bool(value) if type == "flag" else value


def _rank(value: Any) -> tuple[int, Any]:
    """A key that sorts values of one column: nothing comes last, lists by their length."""
    if value is None:
        return 3, 0
    if isinstance(value, tuple):
        return 2, len(value)
    return (1, value) if isinstance(value, str) else (0, value)


def _all_values(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple((*_rank(value), str(value)) for value in row)
