"""The columns of a checkpoint's tables: values, references to rows of another table, counts of rows."""

from __future__ import annotations

from functools import cache
from typing import Annotated, NamedTuple, TypeAlias, get_type_hints

from msgspec import Meta, Struct


class To(NamedTuple):
    """Marks a column of references: the table that they go to."""

    table: str


class Rows(NamedTuple):
    """Marks a column of counts: the table with the counted rows."""

    table: str


TEXTS, ENTITIES, IMAGES, FILES, NODES = "texts", "entities", "images", "files", "nodes"
DESCRIPTIONS, DESCRIPTOR_TABLES, COMMANDS = "descriptions", "descriptor_tables", "commands"
CHANNELS, RUNS, PEERS, CHILDREN = "channels", "runs", "peers", "children"

Place: TypeAlias = Annotated[int, Meta(ge=0)]
References: TypeAlias = list[Place]
MaybeReferences: TypeAlias = list[Place | None]
Ints: TypeAlias = list[int]
MaybeInts: TypeAlias = list[int | None]
Flags: TypeAlias = list[bool]
Texts: TypeAlias = Annotated[References, To(TEXTS)]
MaybeTexts: TypeAlias = Annotated[MaybeReferences, To(TEXTS)]
ToImages: TypeAlias = Annotated[References, To(IMAGES)]
ToFiles: TypeAlias = Annotated[References, To(FILES)]
ToNodes: TypeAlias = Annotated[References, To(NODES)]
ToEntities: TypeAlias = Annotated[References, To(ENTITIES)]
ToMaybeEntities: TypeAlias = Annotated[MaybeReferences, To(ENTITIES)]
ToDescriptions: TypeAlias = Annotated[References, To(DESCRIPTIONS)]
ToDescriptorTables: TypeAlias = Annotated[References, To(DESCRIPTOR_TABLES)]
ToChannels: TypeAlias = Annotated[References, To(CHANNELS)]
ToRuns: TypeAlias = Annotated[References, To(RUNS)]
ToMaybeRuns: TypeAlias = Annotated[MaybeReferences, To(RUNS)]
ToPeers: TypeAlias = Annotated[References, To(PEERS)]


class Table(Struct, forbid_unknown_fields=True):
    """Columns of equal length."""


@cache
def columns(table: type[Table]) -> dict[str, To | Rows | None]:
    """The columns of a table by name, each with what it is marked as."""
    hints = get_type_hints(table, include_extras=True)
    return {name: next(iter(getattr(hint, "__metadata__", ())), None) for name, hint in hints.items()}
