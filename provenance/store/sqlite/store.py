"""The embedded store: one SQLite file in WAL mode, which many may read while one writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from provenance.ingest.facts import Blind, Connection, Flow, FlowKind, Line, Note
from provenance.ingest.identity import EntityKind
from provenance.store.documents import Documents
from provenance.store.hunts import LIMIT_S, Hunt, HuntResult, Stop, found_rows, never
from provenance.store.interface import (
    Direction,
    EventKey,
    HostSummary,
    Lines,
    Node,
    RawEvent,
    Selector,
    Statistics,
    Writer,
)
from provenance.store.sqlite import expand, find
from provenance.store.sqlite.database import GuardedConnection, connect_reader, one_state, rows, translated_errors
from provenance.store.sqlite.logs import CONNECTIONS, blinds, host_summaries, notes, to_connection
from provenance.store.sqlite.nodes import ids_between, in_order, read_nodes
from provenance.store.sqlite.place import FileIdentity, check_place, check_same, identity
from provenance.store.sqlite.text import pack_text

_ENDS = """
CROSS JOIN node AS source ON source.key = flow.source CROSS JOIN node AS target ON target.key = flow.target
"""
FLOWS_FROM = f"SELECT {expand.COLUMNS} FROM flow INDEXED BY flow_source {_ENDS}"
ALL_FLOWS = f"SELECT {expand.COLUMNS} FROM flow {_ENDS}"
ALL_NODES = "SELECT node.id FROM entity CROSS JOIN node ON node.key = entity.key"
"""Read everything, unless conditions are added."""
_FEW = 1_000
COUNT_TO = f"SELECT count(*) FROM (SELECT 1 FROM flow WHERE target = ? LIMIT {_FEW})"


class SQLiteStore:
    """Implements `provenance.store.interface.Store` on a file. Connections are opened on first use, one for each thread."""

    def __init__(self, path: Path, lines: Lines = Lines.KEEP) -> None:
        self.path = path
        self._lines = lines
        self._opened: FileIdentity | None = None
        self._local = threading.local()
        self._connections: list[GuardedConnection] = []
        self._documents: Documents | None = None
        self._closing: list[Callable[[], None]] = []
        self._first_documents = threading.Lock()

    def writer(self, wait_s: float = 0.0) -> Writer:
        """The writer; creates the store when there is none."""
        from provenance.store.sqlite.writer import SQLiteWriter  # commands that only read start faster without it

        return SQLiteWriter(self.path, self._lines, wait_s)

    def check(self) -> None:
        """Raise StoreError unless there is a store here that can be read."""
        self._connection()

    def check_place(self) -> None:
        """Raise StoreError unless what is written now is kept: the file is that which was opened, and its disk has room."""
        self._connection()
        assert self._opened is not None, "a connection is open"
        check_place(self.path, self._opened)

    def close(self) -> None:
        """Close every connection. Nothing may be read afterwards."""
        while self._closing:
            self._closing.pop()()
        while self._connections:
            self._connections.pop().close()
        self._local = threading.local()
        self._opened = None

    def _connection(self) -> GuardedConnection:
        connection: GuardedConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._opened is not None:
                check_same(self.path, self._opened)
            connection = self._local.connection = connect_reader(self.path)
            self._opened = self._opened or identity(self.path)
            self._connections.append(connection)
        return connection

    def snapshot(self) -> AbstractContextManager[None]:
        """A context in which this thread reads one state of the store."""
        return one_state(self._connection(), self.path)

    @property
    def has_snapshots(self) -> bool:
        """A read transaction is a snapshot (https://www.sqlite.org/isolation.html)."""
        return True

    def _snapshot_number(self) -> int:
        """The number of this thread's snapshot, 0 for none."""
        connection: GuardedConnection | None = getattr(self._local, "connection", None)
        return connection.snapshot_number if connection is not None and connection.snapshots else 0

    def _query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        return rows(self._connection(), self.path, sql, parameters)

    def _stream(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with translated_errors(self.path):
            # Not `yield from`: that closes the cursor, too, and maybe after its database.
            for row in self._connection().execute(sql):  # noqa: UP028
                yield row

    def _holds_reached(self) -> bool:
        found = self._query("SELECT amount FROM total WHERE what = 'flow' AND kind = ?", (FlowKind.REACHED.value,))
        return any(amount for (amount,) in found)

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        """The flows one step from a frontier of node -> bound."""
        with self.snapshot():
            yield from expand.expand(self._query, direction, frontier, limit, self._holds_reached())

    def flows(self, source: int | None, target: int | None, kind: FlowKind | None = None) -> Iterator[Flow]:
        """All runs from `source`, to `target`, between both or, with neither, all; in order of (first, source, target,
        kind)."""
        with self.snapshot():
            ends = [None if id is None else self._key(id) for id in (source, target)]
            if 0 in ends:
                return
            found = self._runs(ends[0], ends[1], kind)
        found.sort(key=lambda row: (row[3], row[1], row[2], row[0]))
        for row in found:
            yield expand.to_flow(row)

    def _runs(self, source: int | None, target: int | None, kind: FlowKind | None) -> list[Any]:
        terms: list[str] = []
        by_target = target is not None
        if source is not None and target is not None:
            ((few,),) = self._query(COUNT_TO, (target,))
            by_target = few < _FEW
        if source is not None:
            terms.append("flow.source = ?")
        if target is not None:
            terms.append("flow.target = ?")
        if kind is not None:
            terms.append(f"flow.kind = {kind.value}")
        table = FLOWS_FROM if source is not None and not by_target else ALL_FLOWS
        where = f" WHERE {' AND '.join(terms)}" if terms else ""
        return self._query(table + where, [key for key in (source, target) if key is not None])

    def _key(self, id: int) -> int:
        found = self._query("SELECT key FROM node WHERE id = ?", (id,))
        return int(found[0][0]) if found else 0

    def all_flows(self) -> Iterator[Flow]:
        """Every run, in no particular order."""
        return map(expand.to_flow, self._stream(ALL_FLOWS))

    def all_nodes(self) -> Iterator[Node]:
        """Every entity with its names, in no particular order."""
        with self.snapshot():
            yield from in_order(self._query, (id for (id,) in self._stream(ALL_NODES)))

    def nodes(self, ids: Iterable[int]) -> Mapping[int, Node]:
        """The entities with these ids, with their names; those not here, or only named by flows, are left out."""
        with self.snapshot():
            return read_nodes(self._query, ids)

    def find(
        self, selector: Selector, limit: int | None = None, newest: bool = False, stop: Stop = never
    ) -> Iterator[Node]:
        """Entities that match, in order of (first, id); with `newest`, the latest first. Raises UsageError for an invalid
        regular expression, and Stopped when `stop` is true while it searches for one."""
        with self.snapshot():
            yield from in_order(self._query, find.find(self._query, selector, limit, newest, stop))

    def nodes_between(self, kind: EntityKind, low: int, high: int, limit: int) -> Sequence[Node]:
        """At most `limit` entities of a kind with an id in [low, high], in order of id."""
        with self.snapshot():
            return list(in_order(self._query, ids_between(self._query, kind, low, high, limit)))

    def flows_at(self, key: EventKey) -> Iterator[Flow]:
        """The runs whose evidence holds this event; that of a REACHED flow are events of its source's host."""
        from provenance.store.sqlite import evidence  # loads the readers of raw lines

        with self.snapshot():
            yield from evidence.flows_at(self._query, key)

    def raw(self, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
        """The raw lines of events, in order of (host, moment); events without stored lines are left out. Raises
        StoreError when the store holds only references to them and their source has changed."""
        from provenance.store.sqlite import evidence

        with self.snapshot():
            yield from evidence.raw(self._query, keys)

    def notes(self, host: str | None, first: int, last: int, subjects: Iterable[int] | None = None) -> Iterator[Note]:
        """Notes in [first, last], in order of moment."""
        return notes(self._query, host, first, last, subjects)

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """Blind intervals, in order of (host, first)."""
        return blinds(self._query, host)

    def connections(self) -> Iterator[Connection]:
        """Every connection end, in no particular order."""
        return map(to_connection, self._stream(CONNECTIONS))

    def hosts(self) -> Sequence[HostSummary]:
        """The summaries of all hosts, by name."""
        with self.snapshot():
            return host_summaries(self._query)

    def checkpoint(self, host: str) -> bytes | None:
        """The state that the last batch of `host` left, None for a host never seen."""
        found = self._query(
            "SELECT state FROM checkpoint JOIN host ON host.key = checkpoint.host WHERE name = ?", (pack_text(host),)
        )
        return bytes(found[0][0]) if found else None

    def lines(self, host: str) -> Iterator[tuple[str, Line]]:
        """Every raw line of a host with its source, in no particular order. Raises StoreError when referenced
        lines cannot be read again."""
        from provenance.store.sqlite import evidence

        with self.snapshot():
            yield from evidence.lines_of(self._query, host)

    def documents(self) -> Documents:
        """The documents of the service in this store."""
        from provenance.store.sqlite.documents import SQLiteDocuments

        with self._first_documents:
            if self._documents is None:
                documents = SQLiteDocuments(self.path, self._query, self._snapshot_number)
                self._documents = documents
                self._closing.append(documents.close)
            return self._documents

    def hunt(
        self,
        hunt: Hunt,
        parameters: Mapping[str, int],
        limit: int | None = None,
        seconds: float = LIMIT_S,
        stop: Stop = never,
    ) -> HuntResult:
        """The rows of a hunt, at most `limit` of them. Raises UsageError, OutOfTime, Stopped."""
        from provenance.store.sqlite import hunts

        return found_rows(hunt, hunts.rows(self.path, hunt.name, hunt.values(parameters), seconds, stop), limit)

    def supports(self, hunt: Hunt) -> bool:
        """Whether the hunt is written in SQL."""
        return "sql" in hunt.dialects

    def statistics(self) -> Statistics:
        """Counts of the whole store, kept up to date by the writer."""
        with self.snapshot():
            totals = self._query("SELECT what, kind, amount FROM total WHERE amount > 0 ORDER BY kind")
            hosts, blinds = tuple(self.hosts()), tuple(self.blinds())
        files = [self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal")]
        return Statistics(
            {EntityKind(kind): amount for what, kind, amount in totals if what == "node"},
            {FlowKind(kind): amount for what, kind, amount in totals if what == "flow"},
            hosts,
            blinds,
            sum(file.stat().st_size for file in files if file.exists()),
        )
