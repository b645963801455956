"""Writing nodes: the attributes in a batch are merged into the stored ones, one by one."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from provenance.ingest.facts import Entity, Name
from provenance.ingest.identity import EntityKind
from provenance.store.sqlite.attributes import ATTRIBUTE_COLUMNS, ATTRIBUTE_JOINS, Columns, join, split
from provenance.store.sqlite.keys import Keys
from provenance.store.sqlite.text import pack_json, pack_text

_KNOWN = f"""
SELECT entity.key, entity.first, {ATTRIBUTE_COLUMNS}
FROM json_each(?) AS requested CROSS JOIN entity ON entity.key = requested.value {ATTRIBUTE_JOINS}
"""
_WRITE = """
INSERT INTO entity VALUES (
    ?, ?, ?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, '')
)
ON CONFLICT (key) DO UPDATE SET
    first = excluded.first, pid = excluded.pid, program = excluded.program, path = excluded.path, ip = excluded.ip,
    port = excluded.port, attributes = excluded.attributes
"""
_NAME = """
INSERT INTO name VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
WHERE excluded.first < first OR excluded.last > last
"""


_NULL = ""
"""Stands for None, for which sqlite3 looks for an adapter: that costs two exceptions each time. No column holds an empty text;
an empty `ip` is an empty blob, which is another value."""


class _MergedEntity:
    __slots__ = ("attributes", "first", "host", "kind", "new")

    def __init__(self, entity: Entity) -> None:
        self.kind, self.host, self.first = entity.kind, entity.host, entity.first
        self.attributes: dict[str, Any] = dict(entity.attributes)
        self.new = True

    def merge(self, entity: Entity) -> None:
        self.first = min(self.first, entity.first)
        self.attributes.update(entity.attributes)


def write(
    connection: sqlite3.Connection, entities: Iterable[Entity], known: Mapping[int, int], new: set[int], keys: Keys
) -> Counter[int]:
    """Write the nodes of a batch, and return how many of each kind had not been described before.

    `known` maps their ids to their keys; `new` are ids that no earlier batch has named.
    """
    described: dict[int, _MergedEntity] = {}
    requested: list[int] = []
    for entity in entities:
        key = known[entity.id]
        node = described.get(key)
        if node is None:
            described[key] = _MergedEntity(entity)
            if entity.id not in new:
                requested.append(key)
        else:
            node.merge(entity)
    for key, first, *columns in connection.execute(_KNOWN, (pack_json(requested),)) if requested else ():
        node = described[key]
        node.new = False
        node.first = min(node.first, first)
        node.attributes = {**join(Columns(*columns)), **node.attributes}
    connection.executemany(_WRITE, [_row(key, node, keys) for key, node in described.items()])
    return Counter(int(node.kind) for node in described.values() if node.new)


def _row(key: int, node: _MergedEntity, keys: Keys) -> tuple[object, ...]:
    pid, program, command, path, ip, port, rest = split(EntityKind(node.kind), node.attributes)
    program_key = None if program is None else keys.program(program, command)
    path_key = None if path is None else keys.path(path)
    columns = (pid, program_key, path_key, None if ip is None else bytearray(ip), port, rest)
    return (key, int(node.kind), keys.host(node.host), node.first, *(_NULL if one is None else one for one in columns))


def write_names(connection: sqlite3.Connection, names: Iterable[Name], known: Mapping[int, int], keys: Keys) -> None:
    """Write names. The interval of a stored name is extended to cover both."""
    path = keys.path
    rows = [(known[file], path(pack_text(text)), first, last) for file, text, first, last in names]
    rows.sort()
    connection.executemany(_NAME, rows)
