"""Opening stores for a command, and closing them whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.errors import StoreUnreachable
from provenance.store import open_store
from provenance.store.interface import Lines, Store


@contextmanager
def opened(
    uri: str, create: bool = False, lines: Lines | str = Lines.KEEP, credentials: Path | None = None
) -> Iterator[Store]:
    """The store at a path or URI; only a command that fills stores may `create` one. Raises StoreError, for a folder
    before anything is made beside it."""
    path = Path(uri.removeprefix("sqlite:"))
    if create and path.is_dir():
        raise StoreUnreachable(f"{path} is a folder, not a store")
    store = open_store(uri, lines, create, credentials)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def prepared(uri: str, credentials: Path | None = None) -> Iterator[Store]:
    """As `opened`, for a command that may come before the first log: a store that is not there is made, empty."""
    with opened(uri, create=True, credentials=credentials) as store:
        try:
            store.hosts()
        except StoreUnreachable:
            with store.writer():
                pass
        yield store
