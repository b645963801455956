"""Writing nodes: the attributes in a batch are merged into the stored ones, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from provenance.ingest.facts import Entity, Name
from provenance.ingest.identity import EntityKind, format_id
from provenance.model import NODE_OF
from provenance.store.neo4j.attributes import Properties, split
from provenance.store.neo4j.server import Run
from provenance.store.neo4j.text import beginning, digest, pack_json, pack_text, short, unpack_json, unpack_text

ROWS = 5_000
"""Rows of one statement: more are not faster and need more of the server's memory (measured by benchmarks/)."""


def chunks(rows: Iterable[Any]) -> Iterable[list[Any]]:
    """Rows in chunks for one statement each."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS)):
        yield chunk


class _MergedEntity:
    __slots__ = ("attributes", "entity", "first")

    def __init__(self, entity: Entity) -> None:
        self.entity, self.first = entity, entity.first
        self.attributes: dict[str, Any] = dict(entity.attributes)

    def merge(self, entity: Entity) -> None:
        self.first = min(self.first, entity.first)
        self.attributes.update(entity.attributes)


def write(run: Run, entities: Iterable[Entity]) -> Counter[str]:
    """Write the nodes of a batch, and return how many of each label had not been described before."""
    described: dict[int, _MergedEntity] = {}
    for entity in entities:
        node = described.get(entity.id)
        if node is None:
            described[entity.id] = _MergedEntity(entity)
        else:
            node.merge(entity)
    added: Counter[str] = Counter()
    for nodes in chunks(described[id] for id in sorted(described)):
        added += _write(run, nodes)
    return added


def _write(run: Run, nodes: list[_MergedEntity]) -> Counter[str]:
    parts = {node.entity.id: split(EntityKind(node.entity.kind), node.attributes) for node in nodes}
    found = run("ingest/entities", rows=[entity_row(node.entity, node.first, parts[node.entity.id]) for node in nodes])
    known = {key: unpack_json(exact) for _, _, listed in found for key, exact in listed}
    exact = [
        {"key": node.entity.id, "exact": _exact(known.get(node.entity.id, {}), node.attributes, parts[node.entity.id])}
        for node in nodes
        if node.entity.id in known or parts[node.entity.id].exact
    ]
    if exact:
        run("ingest/exact", rows=exact)
    commands = {
        part.plain["command_key"]: part.plain["command"] for part in parts.values() if part.plain.get("command_key")
    }
    if commands:
        run("ingest/commands", rows=[{"key": key, "text": commands[key]} for key in sorted(commands)])
    return Counter({label: added for label, added, _ in found})


def entity_row(entity: Entity, first: int, properties: Properties) -> dict[str, Any]:
    """An entity as a row of `ingest/entities`."""
    kind = EntityKind(entity.kind)
    return {
        "key": entity.id,
        "label": NODE_OF[kind].label,
        "first": first,
        "fixed": {"id": format_id(kind, entity.id), "kind": int(kind), "host": short(entity.host)},
        "attributes": properties.plain,
    }


def _exact(known: dict[str, Any], given: dict[str, Any], properties: Properties) -> str | None:
    """The JSON of values that no property can hold: stored ones that are not given again, and the given ones."""
    others = {name: value for name, value in known.items() if name not in given}
    return pack_json(others | properties.exact) if others or properties.exact else None


def name_chunks(names: Iterable[Name]) -> Iterator[list[dict[str, Any]]]:
    """Names as rows of `ingest/names`, in chunks for one statement each."""
    hulls: dict[tuple[int, str], tuple[int, int]] = {}
    for file, path, first, last in names:
        known = hulls.get((file, path), (first, last))
        hulls[file, path] = min(known[0], first), max(known[1], last)
    for places in chunks(sorted(hulls)):
        yield [name_row(file, path, *hulls[file, path]) for file, path in places]


def name_row(file: int, path: str, first: int, last: int) -> dict[str, Any]:
    """A name as a row of `ingest/names`."""
    text = pack_text(path)
    return {
        "file": file,
        "key": digest(path),
        "text": text,
        "begin": beginning(text),
        "first": first,
        "last": last,
    }


def names_of(id: int, listed: Iterable[tuple[str, int, int]]) -> tuple[Name, ...]:
    """The names of a node as `read/nodes` lists them, in order of (first, path)."""
    names = (Name(id, unpack_text(path), first, last) for path, first, last in listed)
    return tuple(sorted(names, key=lambda name: (name.first, name.path)))
