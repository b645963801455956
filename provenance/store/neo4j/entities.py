"""Writing nodes: what a batch says is merged into what is known, attribute by attribute."""

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
"""Rows of one statement: more make it no faster and need more of the server's memory (measured by benchmarks/)."""


def chunks(rows: Iterable[Any]) -> Iterable[list[Any]]:
    """Rows in pieces of what one statement takes."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, ROWS)):
        yield chunk


class _Described:
    __slots__ = ("attributes", "first", "of")

    def __init__(self, entity: Entity) -> None:
        self.of, self.first = entity, entity.first
        self.attributes: dict[str, Any] = dict(entity.attributes)

    def merge(self, entity: Entity) -> None:
        self.first = min(self.first, entity.first)
        self.attributes.update(entity.attributes)


def write(run: Run, entities: Iterable[Entity]) -> Counter[str]:
    """Write the nodes of a batch; how many of each label had not been described before."""
    described: dict[int, _Described] = {}
    for entity in entities:
        node = described.get(entity.id)
        if node is None:
            described[entity.id] = _Described(entity)
        else:
            node.merge(entity)
    added: Counter[str] = Counter()
    for nodes in chunks(described[id] for id in sorted(described)):
        added += _write(run, nodes)
    return added


def _write(run: Run, nodes: list[_Described]) -> Counter[str]:
    parts = {node.of.id: split(EntityKind(node.of.kind), node.attributes) for node in nodes}
    found = run("ingest/entities", rows=[entity_row(node.of, node.first, parts[node.of.id]) for node in nodes])
    known = {key: unpack_json(exact) for _, _, listed in found for key, exact in listed}
    exact = [
        {"key": node.of.id, "exact": _exact(known.get(node.of.id, {}), node.attributes, parts[node.of.id])}
        for node in nodes
        if node.of.id in known or parts[node.of.id].exact
    ]
    if exact:
        run("ingest/exact", rows=exact)
    commands = {
        part.held["command_key"]: part.held["command"] for part in parts.values() if part.held.get("command_key")
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
        "attributes": properties.held,
    }


def _exact(known: dict[str, Any], given: dict[str, Any], properties: Properties) -> str | None:
    """The JSON of what no property can hold: what was there and is not given again, and what is given now."""
    kept = {name: value for name, value in known.items() if name not in given}
    return pack_json(kept | properties.exact) if kept or properties.exact else None


def names_in_pieces(names: Iterable[Name]) -> Iterator[list[dict[str, Any]]]:
    """Names as rows of `ingest/names`, as many as one statement takes."""
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
