"""Stores: what `provenance.store.interface` says, kept somewhere. `open_store` chooses by address."""

from __future__ import annotations

from pathlib import Path

from provenance.errors import UsageError
from provenance.store.interface import Lines, Store
from provenance.store.sqlite import SQLiteStore

_NEO4J = frozenset(("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"))


def open_store(address: str, lines: Lines | str = Lines.KEEP, create: bool = True) -> Store:
    """The store at an address: a path (SQLite; also as `sqlite:PATH`) or a URI of a server.

    `lines` says what its writer does with raw lines: `keep`, `reference` or `none`. With `create`, nothing is
    opened yet: reading raises StoreUnreachable when there is no store at a path, `writer` makes one. Without, a store
    that cannot be read raises StoreError at once. Raises UsageError for an address that means nothing.
    """
    try:
        mode = Lines(lines)
    except ValueError:
        raise UsageError(f"{lines!r} is no way to treat raw lines: {', '.join(item.value for item in Lines)}") from None
    scheme, colon, rest = address.partition(":")
    if scheme in _NEO4J and colon:
        raise UsageError(f"{address}: this build has no Neo4j store; give a path for an embedded store")
    if colon and rest.startswith("//"):
        raise UsageError(f"{address}: no store is known by {scheme}://; give a path for an embedded store")
    if scheme == "sqlite" and colon:
        address = rest
    if not address:
        raise UsageError("the store's path is empty")
    store = SQLiteStore(Path(address), mode)
    if not create:
        store.check()
    return store
