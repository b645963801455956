"""All stores give the same results for the bundled incident."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.ingest.clock import FIRST, LAST
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import Direction, Selector, Store
from provenance.store.neo4j import Neo4jStore
from provenance.trace.slice.budget import Budget
from provenance.trace.slice.walk import walk
from provenance.transfer.copy import copy
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.store.neo4j.servers import LINES, running

INCIDENT = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
SELECTORS = [Selector(command="bash"), Selector(file="/tmp/*"), Selector(remote_ip="198.51.100.45"), Selector(pid=7184)]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The incident in the embedded store."""
    store = open_store(str(tmp_path_factory.mktemp("incident") / "graph.db"))
    ingest(store, [str(INCIDENT)])
    yield store
    store.close()


@pytest.fixture(scope="module", params=LINES)
def on_server(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The incident on a server."""
    server = running(request.param)
    store = Neo4jStore(f"{server.uri}?case=test-{secrets.token_hex(6)}", credentials=server.credentials)
    ingest(store, [str(INCIDENT)])
    yield store
    store.drop()
    store.close()


def test_the_graph_is_the_same(embedded: Store, on_server: Store) -> None:
    assert digest(on_server) == digest(embedded)
    known, found = embedded.statistics(), on_server.statistics()
    assert (found.nodes, found.flows, found.hosts, found.blinds) == (
        known.nodes,
        known.flows,
        known.hosts,
        known.blinds,
    )
    assert on_server.checkpoint("web01") == embedded.checkpoint("web01")


@pytest.mark.parametrize("selector", SELECTORS)
def test_the_same_entities_are_found_in_the_same_order(embedded: Store, on_server: Store, selector: Selector) -> None:
    assert list(on_server.find(selector)) == list(embedded.find(selector)) != []


def test_attributes_are_in_the_same_order(embedded: Store, on_server: Store) -> None:
    """It is printed in this order."""
    for store in (embedded, on_server):
        for attributes in (list(node.attributes) for node in store.all_nodes()):
            assert attributes == sorted(attributes)
        for node in store.find(Selector(pid=7184)):
            assert list(node.attributes) == sorted(node.attributes)


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("budget", [Budget(), Budget(nodes=30, edges=50, runs_per_node=5)], ids=["whole", "cut"])
def test_traces_are_the_same(embedded: Store, on_server: Store, direction: Direction, budget: Budget) -> None:
    bound = LAST if direction is Direction.BACKWARD else FIRST
    for selector in SELECTORS:
        start = {node.id: bound for node in embedded.find(selector)}
        assert walk(on_server, direction, start, None, budget) == walk(embedded, direction, start, None, budget)


def test_copies_in_both_directions_are_equal(on_server: Store, tmp_path: Path) -> None:
    away = open_store(str(tmp_path / "copy.db"))
    copy(on_server, away)
    assert digest(away) == digest(on_server)
    away.close()
