"""Stores: implementations of `provenance.store.interface`. `open_store` chooses one by its address."""

from __future__ import annotations

from pathlib import Path

from provenance.errors import UsageError
from provenance.store.interface import Lines, Store
from provenance.store.sqlite import SQLiteStore

_SERVERS = frozenset(("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"))
_ADDRESS_FORMS = (
    "write bolt:// or neo4j:// (encrypted: bolt+s://, neo4j+s://) for a Neo4j server, a path for an embedded store"
)


def open_store(
    address: str, lines: Lines | str = Lines.KEEP, create: bool = True, credentials: Path | None = None
) -> Store:
    """The store at an address: a path (SQLite; also as `sqlite:PATH`) or a URI of a Neo4j server
    (`bolt://HOST[:PORT][/DATABASE][?case=NAME]`, also neo4j:// and the encrypted forms), whose user and password come
    from the file `credentials`, else from the environment.

    `lines` is what its writer does with raw lines: `keep`, `reference` or `none`. With `create`, nothing is opened yet:
    reading raises StoreUnreachable when there is no store at a path, `writer` creates one. Without `create`, a store
    that cannot be read raises StoreError at once. Raises UsageError for an invalid address.
    """
    try:
        mode = Lines(lines)
    except ValueError:
        raise UsageError(
            f"invalid value {lines!r} for raw lines: use one of {', '.join(item.value for item in Lines)}"
        ) from None
    scheme, colon, rest = address.partition(":")
    if scheme.casefold() in _SERVERS and colon:
        return _on_server(address, mode, create, credentials)
    if colon and rest.startswith("//"):
        raise UsageError(f"invalid store {address}: unknown scheme {scheme}://; {_ADDRESS_FORMS}")
    if scheme == "sqlite" and colon:
        address = rest
    elif rest.isdecimal() and "/" not in scheme and not Path(address).exists():
        raise UsageError(f"ambiguous store {address}: write bolt://{address} for a server, ./{address} for a file")
    if not address:
        raise UsageError("invalid store: its path is empty")
    store = SQLiteStore(Path(address), mode)
    if not create:
        store.check()
    return store


def _on_server(address: str, lines: Lines, create: bool, credentials: Path | None) -> Store:
    """The store on a Neo4j server. Its driver takes a quarter of a second to load, so it is only imported here."""
    from provenance.store.neo4j import Neo4jStore

    store = Neo4jStore(address, lines, credentials)
    if not create:
        store.check()
    return store
