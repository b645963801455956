"""The scratch database of an export: which entities exist, of which host, and which keys were written. It is a file, so that the
export needs little memory."""

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
"""The host of an entity that is named but not described."""
_CACHE_KIB = 64 << 10


class Scratch:
    """The scratch database. Its methods raise StoreUnreachable when the file cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = sqlite3.connect(path, isolation_level=None)
        with self._translated_errors():
            for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
                self._database.execute(f"PRAGMA {setting}")
            self._database.execute("CREATE TABLE entity (id INTEGER PRIMARY KEY, host INTEGER NOT NULL)")
            self._database.execute("CREATE TABLE written (key TEXT PRIMARY KEY) WITHOUT ROWID")

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self._path}: {error}") from error

    def describe(self, entities: Iterable[tuple[int, int]]) -> None:
        """Store entities with the numbers of their hosts."""
        with self._translated_errors():
            self._database.executemany("INSERT OR IGNORE INTO entity VALUES (?, ?)", entities)

    def hosts_of(self, ids: Iterable[int]) -> dict[int, int]:
        """The numbers of the hosts of those entities that are known."""
        request = json.dumps(list(ids))
        with self._translated_errors():
            return dict(
                self._database.execute(
                    "SELECT entity.id, host FROM json_each(?) AS request CROSS JOIN entity ON entity.id = request.value",
                    (request,),
                )
            )

    def unknown(self, ids: Iterable[int]) -> list[int]:
        """The entities that were neither described nor named before; they count as named from now on."""
        return self._added(f"entity SELECT value, {NO_HOST}", "id", ids)

    def new(self, keys: Iterable[str]) -> set[str]:
        """The keys that were not given before."""
        return set(self._added("written SELECT value", "key", keys))

    def _added(self, into: str, column: str, values: Iterable[T]) -> list[T]:
        request = json.dumps(list(dict.fromkeys(values)))
        with self._translated_errors():
            found = self._database.execute(
                f"INSERT OR IGNORE INTO {into} FROM json_each(?) RETURNING {column}", (request,)
            )
            return [value for (value,) in found]

    def close(self) -> None:
        """Delete the file."""
        self._database.close()
        self._path.unlink(missing_ok=True)
