"""Schema versions: an old store is migrated once, a newer one is not changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from provenance.errors import StoreTooNew
from provenance.store.sqlite.database import connect_reader, connect_writer
from provenance.store.sqlite.migrations import APPLICATION, MIGRATIONS, migrate, version

ADDED = "CREATE TABLE added (note TEXT); INSERT INTO added SELECT name FROM host"
BROKEN = "CREATE TABLE half (x); SELECT no_such_function()"


@pytest.fixture
def connection() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


HERE = Path("graph.db")


def test_an_older_store_is_migrated_with_its_content(connection: sqlite3.Connection) -> None:
    migrate(connection, HERE)
    connection.execute("INSERT INTO host (name) VALUES (x'61')")
    newer = (*MIGRATIONS, ADDED)
    migrate(connection, HERE, newer)
    migrate(connection, HERE, newer)
    assert connection.execute("SELECT * FROM added").fetchall() == [(b"a",)]
    assert version(connection, HERE, newer) == len(newer)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)


def test_a_step_that_fails_changes_nothing(connection: sqlite3.Connection) -> None:
    migrate(connection, HERE)
    before = connection.execute("SELECT sql FROM sqlite_master").fetchall()
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, HERE, (*MIGRATIONS, BROKEN))
    connection.rollback()
    assert connection.execute("SELECT sql FROM sqlite_master").fetchall() == before
    assert version(connection, HERE) == len(MIGRATIONS)


def test_a_newer_store_is_refused(connection: sqlite3.Connection) -> None:
    migrate(connection, HERE, (*MIGRATIONS, ADDED))
    with pytest.raises(
        StoreTooNew, match=rf"graph\.db.*schema {len(MIGRATIONS) + 1}; this one knows {len(MIGRATIONS)}"
    ):
        version(connection, HERE)


def test_a_reader_migrates_an_older_store(tmp_path: Path) -> None:
    path = tmp_path / "graph.db"
    connect_writer(path).close()
    newer = (*MIGRATIONS, ADDED)
    connect_reader(path, newer).close()
    connection = connect_reader(path, newer)
    assert connection.execute("SELECT count(*) FROM added").fetchone() == (0,)
    assert version(connection, path, newer) == len(newer)
    with pytest.raises(StoreTooNew):
        connect_reader(path)
    with pytest.raises(StoreTooNew):
        connect_writer(path)
