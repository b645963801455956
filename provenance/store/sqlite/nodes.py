"""Reads entities with their attributes and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from provenance.ingest.facts import Name
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.store.sqlite.attributes import ATTRIBUTE_COLUMNS, ATTRIBUTE_JOINS, Columns, join
from provenance.store.sqlite.expand import Query
from provenance.store.sqlite.text import pack_json, unpack_text

_CHUNK = 500
NODES = f"""
SELECT node.id, entity.key, entity.kind, host.name, entity.first, {ATTRIBUTE_COLUMNS}
FROM json_each(?) AS requested CROSS JOIN node ON node.id = requested.value CROSS JOIN entity ON entity.key = node.key
JOIN host ON host.key = entity.host {ATTRIBUTE_JOINS}
"""
NAMES = """
SELECT name.file, path.text, name.first, name.last
FROM json_each(?) AS requested CROSS JOIN name ON name.file = requested.value JOIN path ON path.key = name.path
ORDER BY name.file, name.first, path.text
"""
"""Parameters: JSON of ids."""
BETWEEN = """
SELECT node.id FROM node CROSS JOIN entity ON entity.key = node.key
WHERE node.id BETWEEN ? AND ? AND entity.kind = ? ORDER BY node.id LIMIT ?
"""


def read_nodes(query: Query, ids: Iterable[int]) -> dict[int, Node]:
    """The entities with these ids, with their names; those not here, or only named by flows, are left out."""
    found: dict[int, Node] = {}
    remaining = iter(dict.fromkeys(ids))
    while chunk := list(islice(remaining, _CHUNK)):
        found.update(_described(query, chunk))
    return found


def in_order(query: Query, ids: Iterable[int]) -> Iterator[Node]:
    """The entities with these ids, with their names, in the order of the ids."""
    remaining = iter(ids)
    while chunk := list(islice(remaining, _CHUNK)):
        nodes = read_nodes(query, chunk)
        yield from (nodes[id] for id in chunk if id in nodes)


def ids_between(query: Query, kind: EntityKind, low: int, high: int, limit: int) -> Iterator[int]:
    """The ids of at most `limit` entities of a kind in [low, high], in order."""
    return (id for (id,) in query(BETWEEN, (low, high, kind.value, limit)))


def _described(query: Query, ids: list[int]) -> Iterator[tuple[int, Node]]:
    described = query(NODES, (pack_json(ids),))
    names = _names(query, {row[1]: row[0] for row in described})
    for id, key, kind, host, first, *columns in described:
        attributes = join(Columns(*columns))
        yield id, Node(id, EntityKind(kind), unpack_text(host), first, attributes, tuple(names.get(key, ())))


def _names(query: Query, ids: Mapping[int, int]) -> dict[int, list[Name]]:
    """The names of nodes by key; `ids` maps the keys to the ids."""
    names: dict[int, list[Name]] = {}
    for key, path, first, last in query(NAMES, (pack_json(list(ids)),)):
        names.setdefault(key, []).append(Name(ids[key], unpack_text(path), first, last))
    return names
