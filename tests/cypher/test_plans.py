"""A server plans each statement with indexes, and the store sends every statement."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from neo4j import Driver, GraphDatabase

import provenance.store.neo4j.server
from provenance.alerts.alert import Alert
from provenance.ingest.clock import LAST
from provenance.ingest.facts import Batch, Blind, Entity, Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Cut, Direction, EventKey, Lines, Selector
from provenance.store.neo4j import Neo4jStore, schema
from provenance.store.neo4j.statements import migrations, statement
from tests.cypher.files import NAMES, load
from tests.provenance.store.neo4j.former import write_former
from tests.provenance.store.neo4j.servers import LINES, running
from tests.provenance.store.sqlite import history

SCANS = (
    *("AllNodesScan", "NodeByLabelScan", "NodeByLabelsScan", "AllRelationshipsScan", "RelationshipTypeScan"),
    *("RelationshipTypesScan", "NodeIndexScan", "RelationshipIndexScan", "CartesianProduct"),
)
SENT_BY_PEOPLE = ("hunt/", "report/", "trace/alert", "trace/shortest_path", "trace/whole_")
"""Statements for people, which the store does not send."""
EVENT = EventKey(history.HOST, history.START_MS, 0)


@pytest.fixture(scope="module", params=LINES)
def filled(request: pytest.FixtureRequest) -> Iterator[Neo4jStore]:
    """A store with data of every kind."""
    server = running(request.param)
    address = f"{server.uri}?case=test-{secrets.token_hex(6)}"
    store = Neo4jStore(address, Lines.KEEP, server.credentials)
    with store.writer() as writer:
        for number in range(3):
            writer.apply(history.batch(number, 100))
        peer = Entity(9_000_001, EntityKind.ENDPOINT, history.HOST, LAST - 1, {"ip": "10.0.0.1", "port": 22})
        writer.apply(Batch(history.HOST, [peer]))
    yield store
    store.drop()
    store.close()


@pytest.fixture(scope="module")
def driver(filled: Neo4jStore) -> Iterator[Driver]:
    """A driver for the server of the store."""
    login = filled._server.credentials
    assert login is not None
    uri = filled._server.address.uri
    with GraphDatabase.driver(uri, auth=(login.user, login.password), max_transaction_retry_time=1) as driver:
        yield driver


@pytest.mark.parametrize("name", [name for name in NAMES if not re.match(r"schema/\d", name)])
def test_no_statement_is_planned_as_a_scan(driver: Driver, name: str) -> None:
    found = load(name)
    explained = driver.execute_query(f"EXPLAIN {found.body}", database_="neo4j")
    plan = explained.summary.plan
    assert plan is not None
    scans = {operator for operator in operators(plan) if operator.endswith(SCANS)}
    assert scans == set() or found.full_scan


def test_every_statement_is_valid_cypher_25() -> None:
    """Databases of the current line may be set to Cypher 25, which lacks some of Cypher 5."""
    server = running("current")
    user, password = server.credentials.read_text(encoding="utf-8").splitlines()
    with GraphDatabase.driver(server.uri, auth=(user, password), max_transaction_retry_time=1) as driver:
        for name in NAMES:
            query = f"EXPLAIN CYPHER 25 {load(name).body}"
            assert driver.execute_query(query, database_="neo4j").summary.plan, name


def operators(plan: dict[str, Any]) -> Iterator[str]:
    """The operators of a plan, without what follows their names."""
    yield str(plan["operatorType"]).partition("@")[0]
    for child in plan.get("children", ()):
        yield from operators(child)


def test_the_check_finds_a_scan(driver: Driver) -> None:
    explained = driver.execute_query("EXPLAIN MATCH (a {pid: 1}), (b {pid: 2}) RETURN a, b", database_="neo4j")
    assert explained.summary.plan is not None
    assert {"AllNodesScan", "CartesianProduct"} <= set(operators(explained.summary.plan))


def test_the_store_sends_every_statement(filled: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: set[str] = set()

    def record(name: str) -> str:
        sent.add(name)
        return statement(name)

    monkeypatch.setattr(provenance.store.neo4j.server, "statement", record)
    # Not by a migration: other tests use the server meanwhile, and its version must not change.
    for name in dict.fromkeys(("schema/1-lock", *chain.from_iterable(migrations()))):
        filled._server.run_auto_commit(name)
    schema.has_entities(filled._server)
    filled._server.run_auto_commit("schema/await", seconds=60)
    filled._server.run_auto_commit("schema/stamp", application=schema.APPLICATION, version=len(migrations()))
    filled._server.run_auto_commit("schema/drop_index", name="prov_no_such_index")
    write(filled)
    read(filled)
    change_documents(filled)
    write_former(filled, [Alert("a", "ndr", "1", "")])
    schema.check(filled._server)
    filled.drop()
    assert [name for name in NAMES if name not in sent and not name.startswith(SENT_BY_PEOPLE)] == []


def write(store: Neo4jStore) -> None:
    with store.writer() as writer:
        writer.apply(history.batch(3, 100))
        unusual = history.batch(4, 100)
        unusual.entities[-1].attributes["unheard of"] = 1 << 70
        unusual.blinds.append(Blind(history.HOST, 1, 2, "lost"))
        writer.apply(unusual)
        writer.apply(Batch(history.HOST, flows=[flow._replace(last=flow.last + 1) for flow in unusual.flows]))
        writer.join([Flow(FlowKind.REACHED, 1, 3, 1, 2, 1, b"")])
        writer.describe_host(history.HOST, ["10.0.0.1"], 5)
        writer.checkpoint(history.HOST)
        writer.prune(
            Cut(history.START_MS << 20, frozenset((1,)), frozenset((3,)), connections=tuple(store.connections()))
        )
        writer.prune(Cut((history.START_MS + 1000) << 20, events=frozenset((EVENT,))))


def read(store: Neo4jStore) -> None:
    store.check()
    for direction in Direction:
        for limit in (None, 3):
            list(store.expand(direction, {1: LAST}, limit))
    for source, target in ((1, None), (None, 1), (1, 2), (None, None)):
        list(store.flows(source, target))
    list(store.flows(None, None, FlowKind.REACHED))
    list(store.all_nodes())
    list(store.all_flows())
    store.nodes([1])
    store.nodes_between(EntityKind.PROCESS, 0, 5, 3)
    conditions: list[dict[str, Any]] = [
        *({"file": "/f/1*"}, {"remote_ip": "10.0.0.1"}, {"remote_port": 22}, {"pid": 1}, {"command": "cmd 3"}, {}),
        {"network": "10.0.0.0/8"},
    ]
    for condition in conditions:
        list(store.find(Selector(**condition)))
    list(store.flows_at(EVENT))
    list(store.raw([EVENT]))
    list(store.lines(history.HOST))
    list(store.notes(None, 0, LAST))
    list(store.notes(None, 0, LAST, [1]))
    list(store.connections())
    store.statistics()


def change_documents(store: Neo4jStore) -> None:
    documents = store.documents()
    documents.add("alert", "a", {})
    found = documents.get("alert", "a")
    assert found is not None
    documents.replace(found, state="done")
    documents.page("alert")
    documents.page("alert", "done")
    documents.counts("alert")
    documents.kinds()
    documents.remove("alert", "a")
    documents.remove_all([("alert", "a")])
