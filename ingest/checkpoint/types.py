"""Which class of today each table of objects is, and how collections become rows: the bridge between schema and state.

A class or an attribute may be renamed freely: only this file changes, and the checkpoints stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from ..accounts import Account
from ..facts import FlowKind
from ..state.host import Host
from ..state.objects import (
    Channel,
    Children,
    Description,
    DescriptionKind,
    Descriptor,
    FileNode,
    Fork,
    GraphObject,
    Image,
    Login,
    Peer,
    PendingFlow,
    Run,
)
from ..state.unrecorded_calls import Stretch

Row = tuple[Any, ...]


class Type(NamedTuple):
    """The class of a table's objects. `attributes` are those that are named otherwise than their columns; `decoders` make
    the value of an attribute from a number."""

    cls: type
    attributes: Mapping[str, str] = {}
    decoders: Mapping[str, Callable[[int], Any]] = {}

    def attribute(self, column: str) -> str:
        """The attribute that a column holds."""
        return self.attributes.get(column, column)


TYPES: Mapping[str, Type] = {
    "nodes": Type(GraphObject),
    "files": Type(FileNode, {"names": "paths"}),
    "images": Type(Image, {"command": "argv", "descriptors": "fds", "copy_on_write": "cow"}),
    "children": Type(Children),
    "descriptions": Type(Description, decoders={"kind": DescriptionKind}),
    "channels": Type(Channel),
    "runs": Type(Run),
    "peers": Type(Peer),
    "host": Type(Host),
}


class Collection(NamedTuple):
    """How collections become rows, and how one is made of its rows again.

    `rows` takes the collections that are not empty, one after another: they are many, and small. `make` raises ValueError for
    rows that make none. `single` says that a collection is one row, whatever its length.
    """

    rows: Callable[[list[Any]], Iterable[Row]]
    make: Callable[[Iterable[Row]], Any]
    single: bool = False


def _items(collections: list[dict[Any, Any]]) -> Iterable[Row]:
    return chain.from_iterable(map(dict.items, collections))


def _flat_items(collections: list[dict[Any, Any]]) -> Iterable[Row]:
    """The items of dictionaries whose values are tuples or lists."""
    return [(key, *value) for key, value in _items(collections)]


def _keyed(collections: list[dict[Row, Any]]) -> Iterable[Row]:
    """The items of dictionaries whose keys are tuples."""
    return [(*key, value) for key, value in _items(collections)]


def _by_key(rows: Iterable[Row]) -> dict[Row, Any]:
    return {tuple(key): value for *key, value in rows}


def _values(collections: list[Any]) -> Iterable[Row]:
    return zip(chain.from_iterable(collections), strict=True)


def _only(rows: Iterable[Row]) -> Iterable[Any]:
    return (value for (value,) in rows)


def _names(rows: Iterable[Row]) -> dict[str, list[int]]:
    return {path: [first, last] for path, first, last in rows}


def _runs(rows: Iterable[Row]) -> dict[Row, Run]:
    return {(_KINDS[kind], source, target): run for kind, source, target, run in rows}


_KINDS = {int(kind): kind for kind in FlowKind}


def _descriptors(rows: Iterable[Row]) -> dict[int, Descriptor]:
    return {number: Descriptor(description, cloexec, latent) for number, description, cloexec, latent in rows}


def _forks(rows: Iterable[Row]) -> dict[int, Fork]:
    return {pid: Fork(*fork) for pid, *fork in rows}


def _logins(rows: Iterable[Row]) -> dict[int, Login]:
    return {ses: Login(*login) for ses, *login in rows}


def _terminals(rows: Iterable[Row]) -> dict[str, Row]:
    return {device: (to_slave, to_master) for device, to_slave, to_master in rows}


def _stretch_rows(collections: list[dict[str, Stretch]]) -> Iterable[Row]:
    return [(s.kind, s.first, s.signs, s.recorded, s.listening) for kinds in collections for s in kinds.values()]


def _stretches(rows: Iterable[Row]) -> dict[str, Stretch]:
    made: dict[str, Stretch] = {}
    for kind, first, signs, recorded, listening in rows:
        stretch = made[kind] = Stretch(kind)
        stretch.first, stretch.signs, stretch.recorded, stretch.listening = first, signs, recorded, listening
    return made


def _remote(rows: Iterable[Row]) -> Row:
    (remote,) = rows
    return remote


def _owed(rows: Iterable[Row]) -> PendingFlow:
    (owed,) = rows
    return PendingFlow(*owed)


COLLECTIONS: Mapping[str, Collection] = {
    "names": Collection(_flat_items, _names),
    "accounts": Collection(chain.from_iterable, lambda rows: [Account(*row) for row in rows]),
    "image_channels": Collection(_items, dict),
    "image_runs": Collection(_keyed, _runs),
    "owing": Collection(_values, lambda rows: list(_only(rows))),
    "given_up": Collection(chain.from_iterable, list),
    "requests": Collection(_values, lambda rows: list(_only(rows))),
    "remotes": Collection(iter, _remote, single=True),
    "description_peers": Collection(_items, dict),
    "owed": Collection(iter, _owed, single=True),
    "descriptors": Collection(_flat_items, _descriptors),
    "arguments": Collection(_values, lambda rows: tuple(_only(rows))),
    "live": Collection(_items, dict),
    "ended": Collection(_items, dict),
    "forks": Collection(_flat_items, _forks),
    "inodes": Collection(_keyed, _by_key),
    "paths": Collection(_items, dict),
    "endpoints": Collection(_keyed, _by_key),
    "sessions": Collection(_keyed, _by_key),
    "logins": Collection(_flat_items, _logins),
    "elevated": Collection(_items, dict),
    "account_names": Collection(_items, dict),
    "terminals": Collection(_flat_items, _terminals),
    "masters": Collection(chain.from_iterable, list),
    "threads": Collection(_items, dict),
    "missing": Collection(chain.from_iterable, list),
    "boots": Collection(chain.from_iterable, dict.fromkeys),
    "daemon_records": Collection(chain.from_iterable, dict.fromkeys),
    "blinds": Collection(_flat_items, _names),
    "unrecorded": Collection(_stretch_rows, _stretches),
    "corrupt": Collection(
        lambda sets: zip(sorted(chain.from_iterable(sets)), strict=True), lambda rows: set(_only(rows))
    ),
}
"""By the names of the tables of rows. The order of a dictionary is kept: what was learned first is forgotten first."""
