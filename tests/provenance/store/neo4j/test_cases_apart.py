"""Cases in one database are independent, even with the same log."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.facts import Batch, Connection, Entity, FlowKind, unpack_evidence
from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest, join_hosts
from provenance.retention.prune import prune
from provenance.store import open_store
from provenance.store.interface import Direction, EventKey, Selector, Store
from provenance.store.neo4j import Neo4jStore
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from provenance.transfer.digest import digest
from tests.provenance.intake.logs import cut, recorded
from tests.provenance.store.neo4j.servers import Running

HOST = "web01"
_LINES = 5_000
SELECTORS = [Selector(command="bash|java"), Selector(file="/tmp/*"), Selector(host=HOST), Selector(remote_port=8080)]
Make = Callable[[], Neo4jStore]


@pytest.fixture
def make(server: Running) -> Iterator[Make]:
    """A function that creates stores in separate cases on one server."""
    made: list[Neo4jStore] = []

    def new() -> Neo4jStore:
        address = f"{server.uri}?case=test-{secrets.token_hex(6)}"
        made.append(Neo4jStore(address, credentials=server.credentials))
        return made[-1]

    yield new
    for store in made:
        store.drop()
        store.close()


def answers(store: Store) -> dict[str, Any]:
    """The results of all queries of a store."""
    nodes = sorted(store.all_nodes(), key=lambda node: node.id)
    flows = sorted(store.all_flows())
    key = EventKey(HOST, *unpack_evidence(flows[0].evidence)[0])
    statistics = store.statistics()
    return {
        "digest": digest(store),
        "nodes": nodes,
        "flows": flows,
        "found": [list(store.find(selector)) for selector in SELECTORS],
        "slices": [
            walk(store, direction, {node.id: bound}, None, DEFAULT)
            for direction, bound in ((Direction.BACKWARD, LAST), (Direction.FORWARD, FIRST))
            for node in (nodes[0], nodes[-1])
        ],
        "notes": list(store.notes(None, FIRST, LAST)),
        "notes about": list(store.notes(HOST, FIRST, LAST, [node.id for node in nodes])),
        "connections": sorted(store.connections(), key=repr),
        "event": (list(store.flows_at(key)), list(store.raw([key]))),
        "lines": sorted(store.lines(HOST)),
        "statistics": (statistics.nodes, statistics.flows, statistics.hosts, statistics.blinds),
        "checkpoint": store.checkpoint(HOST),
        "documents": store.documents().page("note"),
    }


def fill(store: Store, logs: list[str], mark: str) -> None:
    for log in logs:
        ingest(store, [log])
    store.documents().add("note", "same key", {"mark": mark})


def test_the_same_log_in_two_cases(make: Make, tmp_path: Path) -> None:
    logs = [str(path) for path in cut(tmp_path, recorded(_LINES), 2)]
    one, two = make(), make()
    twins = [open_store(str(tmp_path / f"{name}.db")) for name in ("one", "two")]
    for stores in ((one, two), twins):
        fill(stores[0], logs[:1], "one")
        fill(stores[1], logs, "two")
    expected = answers(twins[0])
    assert answers(one) == expected
    assert answers(two) == answers(twins[1]) != expected
    middle = ms_of(two.hosts()[0].last) - 2_000
    assert prune(two, middle) == prune(twins[1], middle)
    assert answers(two) == answers(twins[1])
    assert answers(one) == expected, "pruning the other changes nothing"
    two.drop()
    assert answers(one) == expected, "nor does its end"
    for store in twins:
        store.close()


def end(host: str, inbound: bool) -> Batch:
    """One end of a connection from 10.0.0.1:5555 to 10.0.0.2:22."""
    number, moment = (3 if inbound else 1), 1_700_000_000_000 << 20
    local, remote = (("10.0.0.2", 22), ("10.0.0.1", 5555))[:: 1 if inbound else -1]
    attributes = {"ip": remote[0], "port": remote[1], "protocol": "tcp"}
    return Batch(
        host,
        entities=[
            Entity(number, EntityKind.PROCESS, host, moment, {"pid": number}),
            Entity(number + 1, EntityKind.ENDPOINT, host, moment, attributes),
        ],
        connections=[
            Connection(host, number, number + 1, inbound, "tcp", *remote, *local, moment, moment + (5_000 << 20))
        ],
        first=moment,
        last=moment,
    )


def joined(store: Store, *batches: Batch) -> Store:
    with store.writer() as writer:
        for batch in batches:
            writer.apply(batch)
        join_hosts(store, writer)
    return store


def test_hosts_of_two_cases_are_not_joined(make: Make) -> None:
    both_stores = [joined(make(), end("client", False)), joined(make(), end("server", True))]
    together = joined(make(), end("client", False), end("server", True))
    assert [list(store.flows(None, None, FlowKind.REACHED)) for store in both_stores] == [[], []]
    assert list(together.flows(None, None, FlowKind.REACHED)), "in one case they are"
    for store in both_stores:
        with store.writer() as writer:
            join_hosts(store, writer)
    assert list(together.flows(None, None, FlowKind.REACHED)), "and stay so when others are joined anew"
    assert [host.host for host in both_stores[0].hosts()] == ["client"]
