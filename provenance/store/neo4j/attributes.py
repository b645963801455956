"""The attributes of a node as Neo4j properties, readable as they are. Values that no property can hold are stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from provenance.ingest.identity import EntityKind
from provenance.model import NODE_OF
from provenance.store.neo4j.text import digest, fits_index, pack_text, unpack_json, unpack_text

OWN = frozenset(("case", "key", "id", "kind", "host", "first", "time", "exact", "command_key"))
"""Properties that are not attributes."""
_KNOWN = {kind: frozenset(item.name for item in model.properties) - OWN for kind, model in NODE_OF.items()}
_INDEXED = frozenset(("ip",))
_WIDEST = 1 << 63


class Properties(NamedTuple):
    """The split attributes of a node: `plain` ones as properties, None for one to be removed; `exact` ones for the JSON."""

    plain: dict[str, Any]
    exact: dict[str, Any]


def split(kind: EntityKind, attributes: Mapping[str, Any]) -> Properties:
    """Split attributes into properties and JSON."""
    plain: dict[str, Any] = {}
    exact: dict[str, Any] = {}
    known = _KNOWN[kind]
    for name, value in attributes.items():
        packed = _pack(name, value) if name in known else None
        if packed is None:
            exact[name] = value
        if name in known:
            plain[name] = packed
    if "command" in plain:
        plain["command_key"] = None if plain["command"] is None else digest(attributes["command"])
    return Properties(plain, exact)


def _pack(name: str, value: Any) -> Any:
    """A value as a Neo4j property; None when no property can hold it."""
    kind = type(value)
    if kind is str:
        packed = pack_text(value)
        return packed if name not in _INDEXED or fits_index(packed) else None
    if kind is bool or (kind is int and -_WIDEST <= value < _WIDEST):
        return value
    if kind is list and all(type(item) is str for item in value):
        return [pack_text(item) for item in value]
    return None


def join(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes among a node's properties, in order of their names."""
    attributes: dict[str, Any] = {}
    for name, value in properties.items():
        if value is None or name in OWN:
            continue
        if type(value) is str:
            attributes[name] = unpack_text(value)
        elif type(value) is list:
            attributes[name] = [unpack_text(item) for item in value]
        else:
            attributes[name] = value
    exact = properties.get("exact")
    if exact is not None:
        attributes.update(unpack_json(exact))
    return dict(sorted(attributes.items()))
