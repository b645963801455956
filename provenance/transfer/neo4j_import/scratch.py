"""What an export has to remember and memory need not hold: which entities there are, of which host, and which keys were
written. It is kept in a database file of its own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from provenance.errors import StoreUnreachable

T = TypeVar("T")
NO_HOST = -1
"""The host of an entity that was only named."""
_CACHE_KIB = 64 << 10


class Scratch:
    """Raises StoreUnreachable when the file cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        with self._speaking():
            for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
                self._database.execute(f"PRAGMA {setting}")
            self._database.execute("CREATE TABLE entity (id INTEGER PRIMARY KEY, host INTEGER NOT NULL)")
            self._database.execute("CREATE TABLE written (key TEXT PRIMARY KEY) WITHOUT ROWID")

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self._path}: {error}") from error

    def describe(self, entities: Iterable[tuple[int, int]]) -> None:
        """Remember entities with the numbers of their hosts."""
        with self._speaking():
            self._database.executemany("INSERT OR IGNORE INTO entity VALUES (?, ?)", entities)

    def hosts_of(self, ids: Iterable[int]) -> dict[int, int]:
        """The numbers of the hosts of those entities that are known."""
        asked = json.dumps(list(ids))
        with self._speaking():
            return dict(
                self._database.execute(
                    "SELECT entity.id, host FROM json_each(?) AS asked CROSS JOIN entity ON entity.id = asked.value",
                    (asked,),
                )
            )

    def unknown(self, ids: Iterable[int]) -> list[int]:
        """Those entities that were neither described nor named before; they count as named from now on."""
        return self._added(f"entity SELECT value, {NO_HOST}", "id", ids)

    def new(self, keys: Iterable[str]) -> set[str]:
        """Those keys that were not asked for before."""
        return set(self._added("written SELECT value", "key", keys))

    def _added(self, into: str, column: str, values: Iterable[T]) -> list[T]:
        asked = json.dumps(list(dict.fromkeys(values)))
        with self._speaking():
            found = self._database.execute(
                f"INSERT OR IGNORE INTO {into} FROM json_each(?) RETURNING {column}", (asked,)
            )
            return [value for (value,) in found]

    def close(self) -> None:
        """Forget everything."""
        self._database.close()
        self._path.unlink(missing_ok=True)
