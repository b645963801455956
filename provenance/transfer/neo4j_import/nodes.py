"""Entities and their names as rows, with the properties that the online writer gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provenance.ingest.facts import Entity
from provenance.ingest.identity import EntityKind
from provenance.model import NODE_OF
from provenance.store.interface import Node
from provenance.store.neo4j.attributes import OWN, Properties, split
from provenance.store.neo4j.entities import entity_row, name_row
from provenance.store.neo4j.text import pack_json
from provenance.transfer.neo4j_import.scratch import NO_HOST, Scratch
from provenance.transfer.neo4j_import.tables import Column, Tables, listable

ENTITY = ":ID(entity)"
_PATH = ":ID(path)"
_KEY = (Column(ENTITY), Column("key", "long"))
_TYPES = {"text": "string", "integer": "long", "moment": "long", "list": "string[]", "flag": "boolean"}
_PYTHON: Mapping[str, type] = {"string": str, "long": int, "boolean": bool, "string[]": list}
_ATTRIBUTES = {
    kind: {item.name: _TYPES[item.type] for item in model.properties if item.name not in OWN}
    for kind, model in NODE_OF.items()
}
_FIXED = (Column("id"), Column("kind", "long"), Column("host"), Column("first", "long"), Column("time", "datetime"))
_COLUMNS = {
    kind: (*_KEY, *_FIXED, *(Column(*item) for item in types.items()), Column("command_key"), Column("exact"))
    for kind, types in _ATTRIBUTES.items()
}
_COMMAND = (Column("key"), Column("text"))
_PATHS = (Column(_PATH), Column("key"), Column("text"), Column("begin"))
_NAMES = (Column(":START_ID(path)"), Column(":END_ID(entity)"), Column("first", "long"), Column("last", "long"))


class Nodes:
    """Writes entities. `hosts` maps each host's name to its number; `described` counts them by label."""

    def __init__(self, tables: Tables, scratch: Scratch, hosts: Mapping[str, int]) -> None:
        self._tables, self._scratch, self._hosts = tables, scratch, hosts
        self.described: Counter[str] = Counter()

    def write(self, nodes: Sequence[Node]) -> None:
        """Write described entities, their names and their command lines."""
        self._scratch.describe((node.id, self._hosts.get(node.host, NO_HOST)) for node in nodes)
        commands: dict[str, str] = {}
        for node in nodes:
            properties = fitting(node.kind, node.attributes)
            self._write(node, properties)
            if properties.plain.get("command_key") is not None:
                commands[properties.plain["command_key"]] = properties.plain["command"]
        for key in self._new("c", commands):
            self._tables.nodes("Command", _COMMAND).write({"key": key, "text": commands[key]})
        self._write_names(nodes)

    def _write(self, node: Node, properties: Properties) -> None:
        entity = Entity(node.id, node.kind, node.host, node.first, {})
        row = entity_row(entity, node.first, properties)
        label = row["label"]
        self._tables.nodes(f"Entity:{label}", _COLUMNS[node.kind]).write(
            {
                **row["attributes"],
                **row["fixed"],
                ENTITY: node.id,
                "key": node.id,
                "first": node.first,
                "time": node.first,
                "exact": pack_json(properties.exact) if properties.exact else None,
            }
        )
        self.described[label] += 1

    def _write_names(self, nodes: Iterable[Node]) -> None:
        rows = [name_row(*name) for node in nodes for name in node.names]
        texts = {row["key"]: row for row in rows}
        for key in self._new("p", texts):
            row = texts[key]
            self._tables.nodes("Path", _PATHS).write({**row, _PATH: key})
        for row in rows:
            ends = {":START_ID(path)": row["key"], ":END_ID(entity)": row["file"]}
            self._tables.runs("NAMES", _NAMES).write({**ends, "first": row["first"], "last": row["last"]})

    def _new(self, kind: str, keys: Iterable[str]) -> Iterable[str]:
        return sorted(key[1:] for key in self._scratch.new(kind + key for key in keys))

    def name(self, ids: Iterable[int]) -> None:
        """Write the keys of entities that are named but not described, as ends for runs and notes."""
        for id in self._scratch.unknown(ids):
            self._tables.nodes("Entity", _KEY).write({ENTITY: id, "key": id})


def fitting(kind: EntityKind, attributes: Mapping[str, Any]) -> Properties:
    """Attributes as properties that a column of their type can hold. The others go into the JSON where the online writer stores
    values that no property can hold, so that they are restored, too."""
    plain, exact = split(kind, attributes)
    types = _ATTRIBUTES[kind]
    for name, value in list(plain.items()):
        if value is None or name not in types:
            continue
        if type(value) is not _PYTHON[types[name]] or (type(value) is list and not listable(value)):
            exact[name] = attributes[name]
            plain[name] = None
    if "command" in plain and plain["command"] is None:
        plain["command_key"] = None
    return Properties(plain, exact)
