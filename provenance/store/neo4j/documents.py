"""Documents as nodes of a case. Of two changes at once, the second waits for the lock of the node and sees the first's
version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provenance.store.documents import Document, Place, check, pack, unpack
from provenance.store.neo4j.server import Row, Run, Server

_AT_ONCE = 1_000
_BEFORE_ALL = Place(-(1 << 63), "")


class Neo4jDocuments:
    """Implements `provenance.store.documents.Documents`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def _change(self, name: str, **parameters: Any) -> list[Row]:
        return self._server.write(lambda run: run(name, **parameters))

    def add(self, kind: str, key: str, body: Mapping[str, Any], state: str = "", rank: int = 0) -> bool:
        """Store a new document; False when there is one of this kind and key."""
        return self.add_all([Document(kind, key, body, state, rank)])[0]

    def add_all(self, documents: Sequence[Document]) -> Sequence[bool]:
        """Store new documents in one transaction; for each, what `add` would return."""
        new = self._server.write(lambda run: write(run, documents))
        added = []
        for one in documents:
            added.append((one.kind, one.key) in new)
            new.discard((one.kind, one.key))
        return added

    def get(self, kind: str, key: str) -> Document | None:
        """The document of a kind and key."""
        return self.get_many([(kind, key)])[0]

    def get_many(self, keys: Sequence[tuple[str, str]]) -> Sequence[Document | None]:
        """The documents of kinds and keys, in one query."""
        rows = [{"kind": kind, "key": key} for kind, key in dict.fromkeys(keys)]
        read = self._server.read("documents/get", rows=rows) if rows else []
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
        given = {"body": None if body is None else pack(body), "state": state, "rank": rank}
        changes = {name: value for name, value in given.items() if value is not None}
        names = ("kind", "key", "version", "state", "rank")
        seen = {name: getattr(document, name) for name in names}
        return bool(self._change("documents/replace", **seen, changes=changes))

    def remove(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        return bool(self._change("documents/remove", kind=kind, key=key))

    def remove_all(self, keys: Sequence[tuple[str, str]]) -> int:
        """Remove documents in one transaction, and return how many there were."""
        given = [{"kind": kind, "key": key} for kind, key in dict.fromkeys(keys)]
        pages = [given[at : at + _AT_ONCE] for at in range(0, len(given), _AT_ONCE)]

        def work(run: Run) -> int:
            return sum(removed for page in pages for (removed,) in run("documents/remove_all", rows=page))

        return self._server.write(work) if pages else 0

    def page(
        self, kind: str, state: str | None = None, after: Place | None = None, limit: int = 100
    ) -> Sequence[Document]:
        """At most `limit` documents of a kind (and a state), in order of (rank, key), those after a place."""
        rank, key = after or _BEFORE_ALL
        parameters = {"kind": kind, "rank": rank, "key": key, "limit": limit}
        if state is None:
            rows = self._server.read("documents/page", **parameters)
        else:
            rows = self._server.read("documents/page_of_state", **parameters, state=state)
        return [_document(row) for row in rows]

    def kinds(self) -> Sequence[str]:
        """The kinds that have documents, in order of name."""
        return sorted(row[0] for row in self._server.read("documents/kinds"))

    def counts(self, kind: str) -> Mapping[str, int]:
        """The number of documents of a kind in each state that has any."""
        return {row[0]: row[1] for row in self._server.read("documents/counts", kind=kind)}


def write(run: Run, documents: Sequence[Document]) -> set[tuple[str, str]]:
    """Store new documents within a transaction, and return the kinds and keys of the new ones. Raises UsageError."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in documents:
        check(one.kind, one.key, state=one.state, rank=one.rank)
        row = {"kind": one.kind, "key": one.key, "body": pack(one.body), "state": one.state, "rank": one.rank}
        rows.setdefault((one.kind, one.key), row)
    given = list(rows.values())
    pages = (given[at : at + _AT_ONCE] for at in range(0, len(given), _AT_ONCE))
    return {(kind, key) for page in pages for kind, key in run("documents/add", rows=page)}


def _document(row: Row) -> Document:
    kind, key, body, state, rank, version = row
    return Document(kind, key, unpack(bytes(body)), state, rank, version)
