"""Schema versions: `schema/N.sql` leads from version N-1 to N, in one transaction each.

A store has its version in `PRAGMA user_version` and the id of this program in `PRAGMA application_id`
(https://www.sqlite.org/pragma.html), so that neither needs a table that may be missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from pkgutil import get_data

from provenance.errors import StoreTooNew, StoreUnreachable
from provenance.store.sqlite import former_alerts

APPLICATION = 0x50524F56
"""`PROV` in ASCII."""


_FOREIGN = """
SELECT CASE WHEN type = 'table' THEN 'virtual table' ELSE type END, name FROM sqlite_master
WHERE type IN ('view', 'trigger') OR (type = 'table' AND rootpage = 0) ORDER BY name LIMIT 1
"""
"""A virtual table has no pages of its own."""


def _scripts() -> Iterator[str]:
    """The scripts of the folder `schema`, from 1 on. They may lie in a zip file, as in a wheel that nobody has unpacked."""
    for number in count(1):
        try:
            script = get_data("provenance.store.sqlite", f"schema/{number}.sql")
        except OSError:
            return
        yield (script or b"").decode("utf-8")


MIGRATIONS = tuple(_scripts())


def version(connection: sqlite3.Connection, path: Path, migrations: Sequence[str] = MIGRATIONS) -> int:
    """The schema version of a store, 0 for an empty file. Raises StoreTooNew, and StoreUnreachable for another program's file."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application or found or tables:
            raise StoreUnreachable(f"{path} is not a store: it is an SQLite database of another program")
        return 0
    _check_schema(connection, path)
    if found > len(migrations):
        raise StoreTooNew(
            f"{path} was written by a newer version of this program (schema {found}; this one knows {len(migrations)})"
        )
    return int(found)


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raise StoreUnreachable for a store with parts that this program never makes and SQLite would run: a store from somebody
    else is data (https://www.sqlite.org/security.html, untrusted database files)."""
    found = connection.execute(_FOREIGN).fetchone()
    if found is not None:
        raise StoreUnreachable(
            f"{path} cannot be trusted: it has the {found[0]} {found[1]!a}, which this program did not make"
        )


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Migrate a store to the newest version. The caller must hold the writer's lock. A killed migration can be run again."""
    at = version(connection, path, migrations)
    for number, script in enumerate(migrations[at:], at + 1):
        if number == former_alerts.SCHEMA + 1:
            former_alerts.make_view(connection)
        stamp = f"PRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {number};"
        connection.executescript(f"BEGIN IMMEDIATE;\n{script};\n{stamp}\nCOMMIT;")
    connection.execute("DROP VIEW IF EXISTS temp.former_alert")
