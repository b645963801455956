"""Opening stores for a command, and closing them whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.store import open_store
from provenance.store.interface import Lines, Store


@contextmanager
def opened(
    uri: str, create: bool = False, lines: Lines | str = Lines.KEEP, credentials: Path | None = None
) -> Iterator[Store]:
    """The store at a path or URI; only a command that fills stores may `create` one. Raises StoreError."""
    store = open_store(uri, lines, create, credentials)
    try:
        yield store
    finally:
        store.close()
