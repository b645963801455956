"""Context managers that open a command's store and close it afterwards."""

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
    """Opens the store at a path or URI. `create` allows making a new one, for commands that fill stores. Raises
    StoreError; for a path that is a folder, before any file is made."""
    path = Path(uri.removeprefix("sqlite:"))
    if create and path.is_dir():
        raise StoreUnreachable(f"{path} is a folder, not a store")
    store = open_store(uri, lines, create, credentials)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_or_created(uri: str, credentials: Path | None = None) -> Iterator[Store]:
    """Opens the store at a path or URI, and makes an empty one if there is none: for commands that may run before the
    first log is ingested. Raises StoreError."""
    with opened(uri, create=True, credentials=credentials) as store:
        try:
            store.hosts()
        except StoreUnreachable:
            with store.writer():
                pass
        yield store
