"""The store on a Neo4j server. A case is all nodes with its name in the property `case`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from neo4j.time import DateTime

from provenance.ingest.facts import Blind, Connection, Flow, FlowKind, Line, Note
from provenance.ingest.identity import EntityKind
from provenance.model import NODES
from provenance.store.hunts import HOST_COLUMNS, LIMIT_S, MOST_ROWS, Column, Hunt, HuntResult, Stop, found_rows, never
from provenance.store.interface import Direction, EventKey, HostSummary, Lines, Node, RawEvent, Selector, Statistics
from provenance.store.neo4j import evidence, find, schema
from provenance.store.neo4j.address import credentials as read_credentials
from provenance.store.neo4j.address import parse, timeout_s
from provenance.store.neo4j.attributes import join
from provenance.store.neo4j.documents import Neo4jDocuments
from provenance.store.neo4j.entities import names_of
from provenance.store.neo4j.expand import expand
from provenance.store.neo4j.flows import KINDS, to_flow
from provenance.store.neo4j.server import Row, Server
from provenance.store.neo4j.text import short, unpack_json, unpack_text
from provenance.store.neo4j.writer import Neo4jWriter

_CHUNK = 2_000
_DROP_PATIENCE = 6.0


class Neo4jStore:
    """Implements `provenance.store.interface.Store` on a database of a server. It connects on first use;
    threads may share it.

    `address` is a URI as in `address.parse`; `credentials` is a file with user and password, else the environment has them.
    """

    def __init__(self, address: str, lines: Lines = Lines.KEEP, credentials: Path | None = None) -> None:
        self._server = Server(parse(address), read_credentials(credentials), timeout_s())
        self._lines = lines
        self._checked = False
        self._long_hosts: dict[str, str] = {}

    def writer(self, wait_s: float = 0.0) -> Neo4jWriter:
        """The writer; creates the case when there is none."""
        return Neo4jWriter(self._server, self._lines, wait_s)

    def check(self) -> None:
        """Raise StoreError unless the case exists and can be read."""
        if not self._checked:
            schema.check(self._server)
            self._checked = True

    def check_place(self) -> None:
        """Raise StoreError unless the case can be read; the server sees to it that what it acknowledges is kept."""
        self._checked = False
        self.check()

    def close(self) -> None:
        """Close the connections. Nothing may be read afterwards."""
        self._server.close()

    def snapshot(self) -> AbstractContextManager[None]:
        """Nothing: a server reads what is committed at each row
        (https://neo4j.com/docs/operations-manual/current/database-internals/concurrent-data-access/)."""
        return nullcontext()

    @property
    def has_snapshots(self) -> bool:
        """A server has none."""
        return False

    def _read(self, name: str, /, **parameters: Any) -> list[Row]:
        self.check()
        return self._server.read(name, **parameters)

    def _stream(self, name: str, /, **parameters: Any) -> Iterator[Row]:
        self.check()
        return self._server.stream(name, **parameters)

    def _host(self, short_name: str) -> str:
        """A host's name from its short form."""
        if "\ufffd~" not in short_name:
            return unpack_text(short_name)
        if short_name not in self._long_hosts:
            self._long_hosts = {row[0]: unpack_text(row[1]) for row in self._read("read/hosts")}
        return self._long_hosts[short_name]

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        """The flows one step from a frontier of node -> bound."""
        self.check()
        return expand(self._server, direction, frontier, limit)

    def flows(self, source: int | None, target: int | None, kind: FlowKind | None = None) -> Iterator[Flow]:
        """All runs from `source`, to `target`, between both or, with neither, all; in order of (first, source, target,
        kind)."""
        ends = {name: id for name, id in (("source", source), ("target", target)) if id is not None}
        name = {0: "read/all_runs", 2: "read/runs_between"}.get(len(ends)) or (
            "read/runs_from" if "source" in ends else "read/runs_to"
        )
        if not ends and kind is FlowKind.REACHED:
            rows = self._read("read/reached", kinds=KINDS)
        else:
            rows = self._read(name, **ends, kind=None if kind is None else kind.name, kinds=KINDS)
        rows.sort(key=lambda row: (row[3], row[1], row[2], row[0]))
        return map(to_flow, rows)

    def all_flows(self) -> Iterator[Flow]:
        """Every run, in no particular order."""
        return map(to_flow, self._stream("read/all_runs", kind=None, kinds=KINDS))

    def all_nodes(self) -> Iterator[Node]:
        """Every entity with its names, in no particular order."""
        return map(self._node, self._stream("read/all_nodes"))

    def nodes(self, ids: Iterable[int]) -> Mapping[int, Node]:
        """The entities with these ids, with their names; those not here, or only named by flows, are left out."""
        found: dict[int, Node] = {}
        remaining = iter(dict.fromkeys(ids))
        while chunk := list(islice(remaining, _CHUNK)):
            found.update((row[0], self._node(row)) for row in self._read("read/nodes", keys=chunk))
        return found

    def _node(self, row: Row) -> Node:
        key, properties, names = row
        kind = EntityKind(properties["kind"])
        host = self._host(properties["host"])
        return Node(key, kind, host, properties["first"], join(properties), names_of(key, names))

    def nodes_between(self, kind: EntityKind, low: int, high: int, limit: int) -> Sequence[Node]:
        """At most `limit` entities of a kind with an id in [low, high], in order of id."""
        rows = self._read("read/nodes_between", kind=kind.value, low=low, high=high, limit=limit)
        keys = [key for (key,) in rows]
        nodes = self.nodes(keys)
        return [nodes[key] for key in keys if key in nodes]

    def find(
        self, selector: Selector, limit: int | None = None, newest: bool = False, stop: Stop = never
    ) -> Iterator[Node]:
        """Entities that match, in order of (first, id); with `newest`, the latest first. Raises UsageError for an invalid
        regular expression, and Stopped when `stop` is true while it searches for one."""
        self.check()
        remaining = find.find(self._server, selector, limit, newest, stop)
        while chunk := list(islice(remaining, _CHUNK)):
            nodes = self.nodes(chunk)
            yield from (nodes[id] for id in chunk if id in nodes)

    def flows_at(self, key: EventKey) -> Iterator[Flow]:
        """The runs whose evidence holds this event; that of a REACHED flow are events of its source's host."""
        self.check()
        return evidence.flows_at(self._server, key)

    def raw(self, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
        """The raw lines of events, in order of (host, moment); events without stored lines are left out. Raises
        StoreError when the store holds only references to them and their source has changed."""
        self.check()
        return evidence.raw(self._server, keys)

    def notes(self, host: str | None, first: int, last: int, subjects: Iterable[int] | None = None) -> Iterator[Note]:
        """Notes in [first, last], in order of moment."""
        given = {"host": None if host is None else short(host), "first": first, "last": last}
        if subjects is None:
            rows = self._read("read/notes", **given)
        else:
            rows = self._read("read/notes_about", **given, keys=list(set(subjects)))
        found = [
            Note(moment, ms, serial, unpack_text(type), subject, unpack_text(text))
            for moment, ms, serial, type, subject, text in rows
        ]
        found.sort(key=lambda note: (note.moment, note.serial, note.type, note.text))
        return iter(found)

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """Blind intervals, in order of (host, first)."""
        found = [
            Blind(self._host(name), first, last, unpack_text(why))
            for name, first, last, why in self._read("read/blinds")
        ]
        return sorted((blind for blind in found if host in (None, blind.host)), key=lambda b: (b.host, b.first, b.why))

    def connections(self) -> Iterator[Connection]:
        """Every connection end, in no particular order."""
        for host, process, endpoint, inbound, protocol, ip, port, local_ip, *rest in self._stream("read/connections"):
            yield Connection(
                self._host(host),
                *(process, endpoint, inbound, unpack_text(protocol), unpack_text(ip), port),
                None if local_ip is None else unpack_text(local_ip),
                *rest,
            )

    def hosts(self) -> Sequence[HostSummary]:
        """The summaries of all hosts, by name."""
        found = [
            HostSummary(
                *(unpack_text(name), first or 0, last or 0, unpack_json(tallies)),
                *(tuple(unpack_json(addresses)), skew_ms),
            )
            for _, name, first, last, tallies, addresses, skew_ms in self._read("read/hosts")
        ]
        return sorted(found, key=lambda summary: summary.host)

    def checkpoint(self, host: str) -> bytes | None:
        """The state that the last batch of `host` left, None for a host never seen."""
        found = self._read("read/checkpoint", host=short(host))
        return bytes(found[0][0]) if found else None

    def lines(self, host: str) -> Iterator[tuple[str, Line]]:
        """Every raw line of a host with its source, in no particular order. Raises StoreError when referenced
        lines cannot be read again."""
        self.check()
        return evidence.lines_of(self._server, host)

    def documents(self) -> Neo4jDocuments:
        """The documents of the service in this case."""
        self.check()
        return Neo4jDocuments(self._server)

    def hunt(
        self,
        hunt: Hunt,
        parameters: Mapping[str, int],
        limit: int | None = None,
        seconds: float = LIMIT_S,
        stop: Stop = never,
    ) -> HuntResult:
        """The rows of a hunt, at most `limit` of them. Raises UsageError, OutOfTime, Stopped."""
        values = hunt.values(parameters)
        self.check()
        rows = self._server.read_within(seconds, MOST_ROWS, stop, f"hunt/{hunt.name}", **values)
        return found_rows(hunt, ([*map(self._hunted, hunt.columns, row)] for row in rows), limit)

    def _hunted(self, column: Column, value: Any) -> Any:
        """A value of a hunt as every store returns it."""
        if isinstance(value, DateTime):
            return round(value.to_native().timestamp() * 1000)
        if isinstance(value, list):
            return [unpack_text(item) if isinstance(item, str) else item for item in value]
        if isinstance(value, str):
            return self._host(value) if column.name in HOST_COLUMNS else unpack_text(value)
        return value

    def supports(self, hunt: Hunt) -> bool:
        """Whether the hunt is written in Cypher."""
        return "cypher" in hunt.dialects

    def statistics(self) -> Statistics:
        """Counts of the whole case, kept up to date by the writer. A server does not report the bytes of a case."""
        ((totals,),) = self._read("read/totals")
        return Statistics(
            {node.kind: totals[name] for node in NODES if totals.get(name := f"nodes_{node.label}")},
            {kind: totals[name] for kind in FlowKind if totals.get(name := f"runs_{kind.name}")},
            tuple(self.hosts()),
            tuple(self.blinds()),
            None,
        )

    def drop(self) -> None:
        """Remove the case and everything in it."""
        self._server.run_auto_commit("ingest/drop_case", patience=_DROP_PATIENCE)
        self._checked = False
