"""Properties of entities as fields of the schema: their descriptions from `provenance.model`, their values from nodes."""

from __future__ import annotations

from typing import Any

import strawberry

from provenance.ingest.identity import EntityKind
from provenance.model import NODE_OF
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time
from provenance.store.interface import Node


def model_property(kind: EntityKind, name: str) -> Any:
    """The field of a property of an entity of this kind, described by its meaning in the model."""
    meaning = next(known.meaning for known in NODE_OF[kind].properties if known.name == name)
    return strawberry.field(description=f"{meaning[0].upper()}{meaning[1:]}.")


def number_of(node: Node, name: str) -> BigInt | None:
    """The number that an entity has as a property, None without one."""
    value = node.attributes.get(name)
    return BigInt(value) if isinstance(value, int) else None


def texts_of(node: Node, *names: str) -> dict[str, Any]:
    """Some properties that are text, by name."""
    return {name: text_of(node, name) for name in names}


def text_list_of(node: Node, name: str) -> list[Text] | None:
    """The texts of a property that is a list, None without it."""
    values = node.attributes.get(name)
    return None if values is None else [Text(str(value)) for value in values]


def text_of(node: Node, name: str) -> Text | None:
    """The text of a property, None without it."""
    value = node.attributes.get(name)
    return None if value is None else Text(str(value))


def end_of(node: Node) -> Time | None:
    """When an entity ended, None if that is not known."""
    end = node.attributes.get("end")
    return moment_time(end) if isinstance(end, int) else None
