"""Documents in a table of the store's file. A change waits for other transactions, never for the writer's lock."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from provenance.store.documents import Document, Place, check, pack, unpack
from provenance.store.sqlite.database import GuardedConnection, connect_changer, rows, translated_errors

_GET = """
WITH requested (kind, key) AS (VALUES {places})
SELECT document.kind, document.key, body, state, rank, version
FROM requested CROSS JOIN document ON document.kind = requested.kind AND document.key = requested.key
"""
_AT_ONCE = 100
_PAGE = """
SELECT kind, key, body, state, rank, version FROM document WHERE kind = ? {state} AND (rank, key) > (?, ?)
ORDER BY rank, key LIMIT ?
"""
_COUNTS = "SELECT state, count(*) FROM document WHERE kind = ? GROUP BY state"
_ADD = "INSERT INTO document (kind, key, state, rank, version, body) VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING"
_REPLACE = """
UPDATE document SET body = coalesce(?, body), state = coalesce(?, state), rank = coalesce(?, rank), version = version + 1
WHERE kind = ? AND key = ? AND version = ? AND state = ? AND rank = ?
"""
_REMOVE = "DELETE FROM document WHERE kind = ? AND key = ?"
_BEFORE_ALL = Place(-(1 << 63), "")


class SQLiteDocuments:
    """Implements `provenance.store.documents.Documents`. `query` reads through the store's connection of a thread; each
    thread that writes has one of its own, on which a commit is on the disk (`synchronous = FULL`). A thread that changes
    a document in a snapshot (`snapshot`: its number, 0 for none) reads current documents until the snapshot ends, its own
    change among them."""

    def __init__(
        self, path: Path, query: Callable[[str, Sequence[Any]], list[Any]], snapshot: Callable[[], int]
    ) -> None:
        self._path, self._read, self._snapshot = path, query, snapshot
        self._local = threading.local()
        self._connections: list[GuardedConnection] = []

    def close(self) -> None:
        """Close the connections for writing."""
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()

    def _connection(self) -> GuardedConnection:
        connection: GuardedConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect_changer(self._path)
            self._connections.append(connection)
        self._local.changed_in = self._snapshot()
        return connection

    def _query(self, sql: str, parameters: Sequence[Any]) -> list[Any]:
        number = self._snapshot()
        if number and getattr(self._local, "changed_in", 0) == number:
            return rows(self._connection(), self._path, sql, parameters)
        return self._read(sql, parameters)

    def _change(self, sql: str, parameters: Sequence[Any]) -> bool:
        connection = self._connection()
        with translated_errors(self._path), connection.in_use:
            return connection.execute(sql, parameters).rowcount > 0

    def add(self, kind: str, key: str, body: Mapping[str, Any], state: str = "", rank: int = 0) -> bool:
        """Store a new document; False when there is one of this kind and key."""
        check(kind, key, state=state, rank=rank)
        return self._change(_ADD, (kind, key, state, rank, pack(body)))

    def add_all(self, documents: Sequence[Document]) -> Sequence[bool]:
        """Store new documents in one transaction; for each, what `add` would return."""
        added_rows = _rows(documents)
        connection = self._connection()
        with translated_errors(self._path), connection.in_use:
            connection.execute("BEGIN IMMEDIATE")
            with ExitStack() as on_failure:
                on_failure.callback(_roll_back, connection)
                added = [connection.execute(_ADD, row).rowcount > 0 for row in added_rows]
                connection.execute("COMMIT")
                on_failure.pop_all()
        return added

    def get(self, kind: str, key: str) -> Document | None:
        """The document of a kind and key."""
        return self.get_many([(kind, key)])[0]

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Document | None]:
        """The documents of kinds and keys, in one query."""
        requested = list(dict.fromkeys(keys))
        read: list[Any] = []
        for at in range(0, len(requested), _AT_ONCE):
            page = requested[at : at + _AT_ONCE]
            places = ", ".join(["(?, ?)"] * len(page))
            read += self._query(_GET.format(places=places), [part for key in page for part in key])
        found = {(one.kind, one.key): one for one in map(_document, read)}
        return [found.get(key) for key in keys]

    def replace(
        self,
        document: Document,
        body: Mapping[str, Any] | None = None,
        state: str | None = None,
        rank: int | None = None,
    ) -> bool:
        """Change what is given; False when the document no longer has the version, state and rank of `document`."""
        check(document.kind, document.key, state=state, rank=rank)
        packed = None if body is None else pack(body)
        seen = (document.kind, document.key, document.version, document.state, document.rank)
        return self._change(_REPLACE, (packed, state, rank, *seen))

    def remove(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        return self._change(_REMOVE, (kind, key))

    def remove_all(self, keys: Sequence[tuple[str, str]]) -> int:
        """Remove documents in one transaction, and return how many there were."""
        connection = self._connection()
        with translated_errors(self._path), connection.in_use:
            connection.execute("BEGIN IMMEDIATE")
            with ExitStack() as on_failure:
                on_failure.callback(_roll_back, connection)
                removed = sum(connection.execute(_REMOVE, key).rowcount for key in keys)
                connection.execute("COMMIT")
                on_failure.pop_all()
        return removed

    def page(
        self, kind: str, state: str | None = None, after: Place | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """At most `limit` documents of a kind (and a state), in order of (rank, key), those after a place."""
        requested = (kind,) if state is None else (kind, state)
        sql = _PAGE.format(state="" if state is None else "AND state = ?")
        return [_document(row) for row in self._query(sql, (*requested, *(after or _BEFORE_ALL), limit))]

    def kinds(self) -> Sequence[str]:
        """The kinds that have documents, in order of name."""
        return [kind for (kind,) in self._query("SELECT DISTINCT kind FROM document ORDER BY kind", ())]

    def counts(self, kind: str) -> Mapping[str, int]:
        """The number of documents of a kind in each state that has any."""
        return dict(self._query(_COUNTS, (kind,)))


def write(connection: sqlite3.Connection, documents: Sequence[Document]) -> None:
    """Store new documents within a transaction. Raises UsageError."""
    connection.executemany(_ADD, _rows(documents))


def _rows(documents: Sequence[Document]) -> list[tuple[Any, ...]]:
    for one in documents:
        check(one.kind, one.key, state=one.state, rank=one.rank)
    return [(one.kind, one.key, one.state, one.rank, pack(one.body)) for one in documents]


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _document(row: Sequence[Any]) -> Document:
    kind, key, body, state, rank, version = row
    return Document(kind, key, unpack(body), state, rank, version)
