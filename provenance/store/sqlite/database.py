"""Connections to the SQLite file of a store, and the translation of SQLite's errors."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from provenance import private_files
from provenance.errors import StoreBusy, StoreError, StoreMissing, StoreUnreachable
from provenance.store.sqlite import former_alerts, held_files, seal
from provenance.store.sqlite.lock import WriterLock
from provenance.store.sqlite.migrations import MIGRATIONS, migrate, version

BUSY_MS = 10_000
_CHANGE_MS = 60_000
"""How long a short change waits for the writer, which may be writing a large batch."""
_READER_CACHE_KIB = 65_536
_WRITER_CACHE_KIB = 131_072
_WAL_PAGES = 16_384
"""Pages in the log before its content moves to the main file: 64 MiB, so that a hot page moves once for many
batches."""

_MESSAGES = {
    sqlite3.SQLITE_NOTADB: (StoreUnreachable, "is not a store: it is not an SQLite database"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnreachable, "cannot be opened"),
    sqlite3.SQLITE_FULL: (StoreUnreachable, "cannot be written: no space left; what was committed before is safe"),
    sqlite3.SQLITE_CORRUPT: (StoreUnreachable, "is damaged: restore a backup, or ingest the logs into a new store"),
    sqlite3.SQLITE_BUSY: (StoreBusy, "is locked by another program"),
    sqlite3.SQLITE_LOCKED: (StoreBusy, "is locked by another program"),
    sqlite3.SQLITE_READONLY: (StoreUnreachable, "cannot be written: it is read-only"),
    sqlite3.SQLITE_PERM: (StoreUnreachable, "cannot be used: permission denied"),
    sqlite3.SQLITE_IOERR: (StoreUnreachable, "cannot be read or written"),
}


@contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as StoreErrors that name the file. ProgrammingErrors, which are bugs, pass through."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        kind, message = _MESSAGES.get(code, (StoreError, "cannot be used"))
        raise kind(f"{path} {_right_missing(path, code) or f'{message} ({error})'}") from error
    except (
        UnicodeDecodeError
    ) as error:  # SQLite's own message names a damaged part of the schema, whose name is no text
        raise StoreUnreachable(f"{path} is damaged: a name in it is no text") from error


def _right_missing(path: Path, code: int) -> str | None:
    """Which right this user lacks, where SQLite only says that it cannot open the file."""
    if code != sqlite3.SQLITE_CANTOPEN or not path.exists():
        return None
    if not os.access(path, os.R_OK):
        return "cannot be read: permission denied"
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return None if writable else "cannot be written: it or its folder is read-only"


class GuardedConnection(sqlite3.Connection):
    """A connection that may be closed while another thread uses it. SQLite crashes when a connection is closed during a
    statement, so closing interrupts the statement and waits for it to end."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.in_use = threading.Lock()
        self.is_closed = False
        self.snapshots = 0
        """How many `one_state` contexts are open on it."""
        self.snapshot_number = 0
        """How many snapshots it has had."""
        self.held: held_files.HeldFile | None = None
        """Its file."""

    def close(self) -> None:
        """Close the connection; a statement that runs in another thread fails. Only a running statement is interrupted, because
        an interrupted connection leaves its WAL file behind."""
        if not self.in_use.acquire(blocking=False):
            self.interrupt()
            self.in_use.acquire()
        try:
            self.is_closed = True
            super().close()
            if self.held is not None:
                held_files.release(self.held)
                self.held = None
        finally:
            self.in_use.release()


def connect_reader(path: Path, migrations: Sequence[str] = MIGRATIONS) -> GuardedConnection:
    """A connection for reading; an older store is migrated to the newest version first. Raises StoreError."""
    if path.is_dir():
        raise StoreUnreachable(f"{path} is a folder, not a store")
    if not path.exists():
        raise StoreMissing(f"there is no store at {path}; `provenance ingest --store {path} LOG...` creates one")
    with _connected(path, _mode(path)) as connection:
        found = version(connection, path, migrations)
        verify(connection, path)
        if found == 0:
            raise StoreUnreachable(f"{path} is empty; `provenance ingest --store {path} LOG...` fills it")
        if found < len(migrations):
            _bring_forward(connection, path, found, migrations)
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        connection.execute("PRAGMA query_only = ON")
    return connection


def _bring_forward(connection: GuardedConnection, path: Path, found: int, migrations: Sequence[str]) -> None:
    """Bring an older store to the newest version; one that may not be written is read as it is, where that can be."""
    if _mode(path) == "rw":
        with WriterLock(path).holding():
            remove_seal(connection, path)
            migrate(connection, path, migrations)
    elif found == former_alerts.SCHEMA:
        former_alerts.show(connection)
    else:
        raise StoreUnreachable(
            f"{path} was written by an older version of this program (schema {found}), and this user cannot write it: copy"
            f" it, and migrate the copy with `provenance stats --store COPY`"
        )


def connect_writer(path: Path, migrations: Sequence[str] = MIGRATIONS) -> GuardedConnection:
    """A connection for writing. The store is created or migrated to the newest version. The caller must hold the lock."""
    with _connected(path, "rwc") as connection:
        version(connection, path, migrations)
        verify(connection, path)
        remove_seal(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
        migrate(connection, path, migrations)
    return connection


def connect_changer(path: Path) -> GuardedConnection:
    """A connection for short changes beside the writer, without its lock, on a store of the newest version. A commit is
    on the disk when it returns, unlike the writer's. Raises StoreError."""
    connect_reader(path).close()
    with _connected(path, "rw") as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA busy_timeout = {_CHANGE_MS}")
        remove_seal(connection, path)
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    return connection


def connect_existing(path: Path) -> GuardedConnection:
    """A connection to an existing store, to replace its file; it does not migrate. Raises StoreError."""
    with _connected(path, "rw") as connection:
        version(connection, path)
    return connection


@contextmanager
def _connected(path: Path, mode: str) -> Iterator[GuardedConnection]:
    """A new connection, closed again if it cannot be set up."""
    with translated_errors(path):
        connection = _connect(path, mode)
        with ExitStack() as on_failure:
            on_failure.callback(connection.close)
            yield connection
            on_failure.pop_all()


def _connect(path: Path, mode: str) -> GuardedConnection:
    if mode == "rwc":
        _create(path)
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    options: dict[str, Any] = {"isolation_level": None, "cached_statements": 256, "check_same_thread": False}
    held = held_files.hold(path)
    with ExitStack() as on_failure:
        if held is not None:
            on_failure.callback(held_files.release, held)
        connection = sqlite3.connect(uri, uri=True, factory=GuardedConnection, **options)
        on_failure.pop_all()
    connection.held = held
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection


def verify(connection: GuardedConnection, path: Path) -> None:
    """Raise StoreUnreachable unless a store has the content that its last writer sealed, if it did."""
    if connection.held is not None:
        seal.verify(connection, path, connection.held)


def apply_seal(connection: GuardedConnection, path: Path) -> None:
    """Seal a store that nobody else uses now. The caller holds the writer's lock."""
    if connection.held is not None:
        seal.apply(connection, path, connection.held)


def remove_seal(connection: GuardedConnection, path: Path) -> None:
    """Remove the seal of a store, before it is changed. Raises StoreError."""
    if connection.held is not None:
        with translated_errors(path):
            seal.remove(connection, path, connection.held)


def _create(path: Path) -> None:
    """Create the file of a store if there is none. SQLite gives its mode to the files beside it
    (https://www.sqlite.org/src/file/src/os_unix.c, `findCreateFileMode`). Where that fails, SQLite says why."""
    with suppress(OSError):
        if (descriptor := private_files.create(path.resolve())) is not None:
            os.close(descriptor)


def _mode(path: Path) -> str:
    """The open mode. A WAL database needs a writable -shm file even for reading, unless nobody can be writing it."""
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "rw"
    wal = path.with_name(path.name + "-wal")
    return "ro" if wal.exists() else "ro&immutable=1"


@contextmanager
def one_state(connection: GuardedConnection, path: Path) -> Iterator[None]:
    """A context in which all reads of a connection see the state of the first of them: one read transaction. It may be
    nested. Raises StoreError."""
    if connection.snapshots == 0:
        rows(connection, path, "BEGIN")
        connection.snapshot_number += 1
    connection.snapshots += 1
    try:
        yield
    finally:
        connection.snapshots -= 1
        if connection.snapshots == 0:
            _end_snapshot(connection, path)


def _end_snapshot(connection: GuardedConnection, path: Path) -> None:
    """End the read transaction, unless the connection was closed or an error of SQLite has ended it."""
    with translated_errors(path), connection.in_use:
        if not connection.is_closed and connection.in_transaction:
            connection.execute("COMMIT")


def rows(connection: GuardedConnection, path: Path, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """All rows of a statement."""
    with translated_errors(path), connection.in_use:
        return connection.execute(sql, parameters).fetchall()
