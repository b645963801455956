"""Context managers that open a command's store and close it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from provenance.cli.output import print_note
from provenance.errors import StoreMissing, StoreUnreachable
from provenance.store import open_store
from provenance.store.interface import Lines, Store

_SQLITE = b"SQLite format 3\x00"
"""The first bytes of every SQLite file (https://www.sqlite.org/fileformat.html#magic_header_string)."""
_MOST_FILES = 2_000
"""The most files of a folder among which a store is searched."""


@contextmanager
def opened(
    uri: str, create: bool = False, lines: Lines | str = Lines.KEEP, credentials: Path | None = None
) -> Iterator[Store]:
    """Opens the store at a path or URI. `create` allows making a new one, for commands that fill stores. Raises
    StoreError; for a path that is a folder, before any file is made. A missing store's error names the file that it
    may have been meant for."""
    path = _path(uri)
    if create and path.is_dir():
        raise StoreUnreachable(f"{path} is a folder, not a store")
    if "://" not in uri and path.exists() and not path.is_file() and not path.is_dir():
        raise StoreUnreachable(f"{path} is a device or a pipe, not a store")
    if create and "://" not in uri and not path.parent.exists():
        raise StoreUnreachable(f"{path} cannot be created: there is no folder {path.parent}")
    with naming_nearest(path):
        store = open_store(uri, lines, create, credentials)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def naming_nearest(path: Path) -> Iterator[None]:
    """Adds to the error for a missing store the file that `path` may have been meant for."""
    try:
        yield
    except StoreMissing as error:
        near = nearest_store(path)
        raise error if near is None else StoreMissing(f"there is no store at {path}; did you mean {near}?") from None


@contextmanager
def opened_or_created(uri: str, credentials: Path | None = None) -> Iterator[Store]:
    """Opens the store at a path or URI, and makes an empty one if there is none, which it says: for commands that may run
    before the first log is ingested. Raises StoreError."""
    with opened(uri, create=True, credentials=credentials) as store:
        with announcing_creation(uri):
            try:
                store.hosts()
            except StoreUnreachable:
                with store.writer():
                    pass
        yield store


@contextmanager
def announcing_creation(uri: str) -> Iterator[None]:
    """Prints a note when a store's file has been created in the block, which may be the result of a mistyped path."""
    path = _path(uri)
    existed = path.exists()
    yield
    if not existed and path.exists():
        near = nearest_store(path)
        print_note(f"created a new store at {path}" + (f" (there is also {near})" if near is not None else ""))


def nearest_store(path: Path) -> Path | None:
    """The store beside `path` whose name resembles it most, or the only one there is; None when nothing fits."""
    from difflib import get_close_matches

    try:
        files = [file for file in islice(path.parent.iterdir(), _MOST_FILES) if file != path and _is_database(file)]
    except OSError:
        return None
    by_name = {file.name: file for file in files}
    close = get_close_matches(path.name, by_name, 1) or (list(by_name) if len(by_name) == 1 else [])
    return by_name[close[0]] if close else None


def full_address(uri: str) -> str:
    """The address of a store with an absolute path, so that it names the store wherever it is read. The URI of a server, which
    holds no password, stays as it is."""
    return uri if "://" in uri else str(_path(uri).absolute())


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("sqlite:"))


def _is_database(file: Path) -> bool:
    try:
        if not file.is_file():
            return False
        with file.open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False
