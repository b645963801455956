"""No statement of a store reads a complete table, except for the few listed here."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Batch, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, EventKey, Lines, Selector
from provenance.store.sqlite import SQLiteStore
from provenance.store.sqlite.writer import SQLiteWriter
from tests.provenance.store.sqlite import history

SMALL = frozenset(("host", "tally", "total"))
"""Tables of a row per host or counter, which are read completely."""
_ALIAS = re.compile(r"\b(\w+) AS (?:MATERIALIZED )?(\w+)|\b(?:FROM|JOIN) (\w+)")
EVENT = EventKey(history.HOST, history.START_MS + 7 * 400, 400)

READS: dict[str, tuple[Callable[[SQLiteStore], object], frozenset[str]]] = {
    "backward": (lambda s: list(s.expand(Direction.BACKWARD, {1: LAST, 2: 5})), frozenset()),
    "backward, nearest": (lambda s: list(s.expand(Direction.BACKWARD, {1: LAST, 2: 5}, 3)), frozenset()),
    "forward": (lambda s: list(s.expand(Direction.FORWARD, {1: 0, 2: 5})), frozenset()),
    "forward, nearest": (lambda s: list(s.expand(Direction.FORWARD, {1: 0, 2: 5}, 3)), frozenset()),
    "flows from": (lambda s: list(s.flows(1, None)), frozenset()),
    "flows to": (lambda s: list(s.flows(None, 1, FlowKind.READ)), frozenset()),
    "flows between": (lambda s: list(s.flows(2, 1)), frozenset()),
    "flows between hubs": (lambda s: list(s.flows(1, 999_999)), frozenset()),
    "reached flows": (lambda s: list(s.flows(None, None, FlowKind.REACHED)), frozenset()),
    "nodes": (lambda s: s.nodes([1, 2, 3]), frozenset()),
    "pid": (lambda s: list(s.find(Selector(pid=4))), frozenset()),
    "file": (lambda s: list(s.find(Selector(file="/f/4"))), frozenset()),
    "glob": (lambda s: list(s.find(Selector(file="/f/4*"))), frozenset()),
    "glob without a beginning": (lambda s: list(s.find(Selector(file="*4"))), frozenset(("path",))),
    "hash": (lambda s: list(s.find(Selector(hash="sha256:" + "ab" * 32))), frozenset()),
    "hash and file": (lambda s: list(s.find(Selector(hash="sha256:" + "ab" * 32, file="/f/4*"))), frozenset()),
    "command": (lambda s: list(s.find(Selector(command="cmd 3"))), frozenset(("program",))),
    "command and pid": (lambda s: list(s.find(Selector(command="cmd 3", pid=3))), frozenset()),
    "command and file": (lambda s: list(s.find(Selector(command="cmd 3", file="/f/4"))), frozenset()),
    "address": (lambda s: list(s.find(Selector(remote_ip="10.0.0.1", remote_port=22))), frozenset()),
    "port": (lambda s: list(s.find(Selector(remote_port=22))), frozenset()),
    "network": (lambda s: list(s.find(Selector(network="10.0.0.0/8"))), frozenset()),
    "user": (lambda s: list(s.find(Selector(user="root"))), frozenset(("program",))),
    "newest": (lambda s: list(s.find(Selector(host=history.HOST), 5, newest=True)), frozenset()),
    "since": (lambda s: list(s.find(Selector(since=1, until=5))), frozenset()),
    "ids": (lambda s: s.nodes_between(EntityKind.FILE, 0, 5, 3), frozenset()),
    "host": (lambda s: list(s.find(Selector(host=history.HOST), 5)), frozenset()),
    "kind": (lambda s: list(s.find(Selector(kinds=frozenset((EntityKind.SESSION,))))), frozenset()),
    "event's runs": (lambda s: list(s.flows_at(EVENT)), frozenset()),
    "event's lines": (lambda s: list(s.raw([EVENT])), frozenset()),
    "notes": (lambda s: list(s.notes(history.HOST, 0, 5)), frozenset()),
    "notes of all hosts": (lambda s: list(s.notes(None, 0, 5)), frozenset()),
    "notes about": (lambda s: list(s.notes(None, 0, LAST, [1, 2])), frozenset()),
    "blinds": (lambda s: s.blinds(history.HOST), frozenset()),
    "connections": (lambda s: list(s.connections()), frozenset()),
    "hosts": (lambda s: s.hosts(), frozenset()),
    "statistics": (lambda s: s.statistics(), frozenset()),
    "document": (lambda s: s.documents().get("alert", "a"), frozenset()),
    "documents in order": (lambda s: s.documents().page("alert"), frozenset()),
    "documents of a state": (lambda s: s.documents().page("alert", "done"), frozenset()),
    "counts of documents": (lambda s: s.documents().counts("alert"), frozenset()),
    "all nodes": (lambda s: list(s.all_nodes()), frozenset(("entity",))),
    "all flows": (lambda s: list(s.all_flows()), frozenset(("flow",))),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "graph.db"
    history.go_on(str(path), 3)
    hub = [Flow(FlowKind.READ, number * 2, 999_999, number, number, 1, b"") for number in range(2000)]
    with SQLiteWriter(path, Lines.KEEP, 0.0) as writer:
        writer.apply(Batch(history.HOST, flows=hub))
        writer.join([Flow(FlowKind.REACHED, 1, 3, 1, 2, 1, b"")])
    return path


def traced(connection: sqlite3.Connection, act: Callable[[], object]) -> list[str]:
    """The statements of an action, with their parameters inserted."""
    sent: list[str] = []
    connection.set_trace_callback(sent.append)
    act()
    connection.set_trace_callback(None)
    return [sql for sql in dict.fromkeys(sent) if sql.lstrip().split()[0] in {"SELECT", "WITH", "UPDATE", "DELETE"}]


def scanned(connection: sqlite3.Connection, sql: str) -> Iterator[str]:
    """The tables that a statement reads completely, except for the index of REACHED flows."""
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    materialized = {step.split()[1] for step in plan if step.startswith(("MATERIALIZE", "CO-ROUTINE"))}
    for step in plan:
        words = step.split()
        few = "INDEX flow_reached" in step
        if words[0] == "SCAN" and not few and "VIRTUAL" not in words and words[1] not in {*materialized, "CONSTANT"}:
            yield words[1]


@pytest.mark.parametrize("question", READS)
def test_no_query_reads_a_complete_table(path: Path, question: str) -> None:
    ask, allowed = READS[question]
    store = SQLiteStore(path)
    store.hosts()
    connection = store._connection()
    statements = traced(connection, lambda: ask(store))
    assert statements
    found = {table for sql in statements for table in scanned(connection, sql)}
    assert found - SMALL == allowed
    store.close()


def test_writing_reads_no_complete_table(path: Path) -> None:
    with SQLiteWriter(path, Lines.KEEP, 0.0) as writer:

        def write() -> None:
            writer.apply(history.batch(3))
            writer.apply(history.batch(1))
            writer.join([Flow(FlowKind.REACHED, 1, 3, 1, 2, 1, b"")])
            writer.describe_host(history.HOST, ["10.0.0.1"], 5)
            writer.checkpoint(history.HOST)

        connection = writer._connection
        statements = traced(connection, write)
        assert len(statements) > 5
        assert {table for sql in statements for table in scanned(connection, sql)} == set()


def test_the_check_finds_a_scan(path: Path) -> None:
    store = SQLiteStore(path)
    store.hosts()
    assert list(scanned(store._connection(), "SELECT * FROM flow WHERE times = 5")) == ["flow"]
    store.close()
