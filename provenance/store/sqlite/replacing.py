"""Replacing a store's file by another one, so that there is a complete store at the path at every moment.

A file in WAL mode has its newest content in other files, whose names belong to the path: a process that has the old file open
would read them into the new one. So the old file leaves WAL mode first, which SQLite only does when no other process has it open
(https://www.sqlite.org/pragma.html#pragma_journal_mode), and no process can write into it from then on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from provenance.errors import StoreBusy, StoreUnreachable
from provenance.store.sqlite.database import GuardedConnection, connect_existing, remove_seal, translated_errors
from provenance.store.sqlite.lock import WriterLock

_SUFFIXES = ("", "-wal", "-shm", "-journal", ".lock")
_SUFFIX_OF_NEW = ".rebuild"
_PATIENCE_MS = 1_000
"""How long SQLite waits for another process that has the store open (ms)."""


def place_beside(path: Path) -> Path:
    """The path of the new store beside the one at `path`. The files of an interrupted rebuild there are removed."""
    beside = path.with_name(path.name + _SUFFIX_OF_NEW)
    discard(beside)
    return beside


def discard(path: Path) -> None:
    """Remove a store's file and what SQLite and its lock have beside it."""
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def check_alone(path: Path) -> None:
    """Raise StoreBusy when another program has the store open. The caller holds the writer's lock."""
    with closing(connect_existing(path)) as connection:
        _leave_wal(connection, path)


def replace(path: Path, new: Path, complete: Callable[[], None]) -> None:
    """Put the store at `new` in the place of the one at `path`. The caller holds the writer's lock of `path`, and has closed
    what it had open of both.

    `complete` is called when nobody can change the old store any more, to copy what has changed meanwhile; it closes what it
    opens. Raises StoreBusy when another program has the old store open; until the last step the old store stays as it is.
    """
    with closing(connect_existing(path)) as connection:
        _leave_wal(connection, path)
        with translated_errors(path):
            connection.execute("BEGIN IMMEDIATE")
        complete()
        _settle(new)
        shutil.copymode(path, new)
        new.replace(path)
        _to_disk(path.parent)
    discard(new)


def _leave_wal(connection: GuardedConnection, path: Path) -> None:
    try:
        with translated_errors(path):
            connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            remove_seal(connection, path)
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except StoreBusy:
        mode = "wal"
    if mode != "delete":
        raise StoreBusy(f"{path} is open in another program: stop the service, and whatever else uses it, first")


def _settle(path: Path) -> None:
    """Bring all of a store into its one file, and that to the disk."""
    with WriterLock(path).holding(), closing(connect_existing(path)) as connection, translated_errors(path):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if path.with_name(path.name + "-wal").exists():
        raise StoreUnreachable(f"{path} is open in another program")
    _to_disk(path)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
