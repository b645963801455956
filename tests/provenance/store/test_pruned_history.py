"""After old history was dropped: the runs of events, a continued log, and a killed prune."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, Line, Note, pack_evidence, unpack_evidence
from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest
from provenance.retention.prune import prune
from provenance.store import open_store
from provenance.store.interface import Cut, EventKey, Statistics, Store
from provenance.store.neo4j import Neo4jStore
from provenance.transfer.digest import digest
from tests.conftest import ROOT
from tests.provenance.intake.logs import cut, recorded
from tests.provenance.store.conftest import MakeStore
from tests.provenance.store.neo4j.servers import LINES as SERVER_LINES
from tests.provenance.store.neo4j.servers import find

HOST = "web01"
HOUR = 3_600_000
START = 1_700_000_000_000
HOURS = 12
LINES = 9_000
DELAYS_S = (0.0, 0.0, 0.1)
"""After a prune has first written something; the first time it is only what it says of itself."""


def hourly(hour: int) -> Batch:
    """A batch of one hour: a short flow into the hour's process, a long one out of it, and a line for each event."""
    made = Batch(HOST, source="audit.log", checkpoint=b"%d" % hour)
    process, file = hour * 2 + 1, hour * 2 + 2
    moments = [(START + hour * HOUR + minute * 60_000) << 20 for minute in range(3)]
    events = [(moment >> 20, hour * 10 + place) for place, moment in enumerate(moments)]
    made.entities = [
        Entity(process, EntityKind.PROCESS, HOST, moments[0], {"pid": hour}),
        Entity(file, EntityKind.FILE, HOST, moments[0], {"path": f"/f/{hour}"}),
    ]
    made.flows = [
        Flow(FlowKind.READ, file, process, moments[0], moments[0], 1, pack_evidence(events[0])),
        Flow(FlowKind.WROTE, process, 2, moments[1], moments[1] + (4 * HOUR << 20), 2, pack_evidence(*events[1:])),
    ]
    made.notes = [Note(moments[2], *events[2], "USER_LOGIN", process, "x")]
    made.lines = [
        Line(moment, *event, b"line %d" % event[1], event[1]) for moment, event in zip(moments, events, strict=True)
    ]
    made.first, made.last = moments[0], moments[2]
    return made


def filled(store: Store) -> Store:
    with store.writer() as writer:
        for hour in range(HOURS):
            writer.apply(hourly(hour))
    return store


def keys_of(flow: Flow) -> list[EventKey]:
    return [EventKey(HOST, *event) for event in unpack_evidence(flow.evidence)]


def test_events_lead_to_the_retained_runs_only(make_store: MakeStore) -> None:
    store = filled(make_store())
    everything = list(store.all_flows())
    with store.writer() as writer:
        writer.prune(Cut((START + 8 * HOUR) << 20, frozenset((1, 2))))
    retained = set(store.all_flows())
    assert {flow.first >> 20 < START + 8 * HOUR for flow in retained} == {True, False}, "some reach across the cut"
    assert {flow.target for flow in retained if flow.last >> 20 < START + 5 * HOUR} == {1, 2}, "some are pinned"
    for flow in everything:
        for key in keys_of(flow):
            assert (flow in list(store.flows_at(key))) == (flow in retained)


def test_raw_lines_are_dropped_except_for_pinned_events(make_store: MakeStore) -> None:
    store = filled(make_store())
    pinned = EventKey(HOST, START + 2 * HOUR, 20)
    with store.writer() as writer:
        writer.prune(Cut((START + 8 * HOUR) << 20, events=frozenset((pinned,))))
    everything = [EventKey(HOST, line.ms, line.serial) for hour in range(HOURS) for line in hourly(hour).lines]
    assert {event.key.serial // 10 for event in store.raw(everything)} == {2, *range(8, HOURS)}


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of the bundled log in two files."""
    return [str(path) for path in cut(tmp_path_factory.mktemp("halves"), recorded(LINES), 2)]


@pytest.fixture(scope="module")
def middle(halves: list[str], tmp_path_factory: pytest.TempPathFactory) -> int:
    """A time in the first half."""
    store = open_store(str(tmp_path_factory.mktemp("middle") / "graph.db"))
    ingest(store, halves[:1])
    (host,) = store.hosts()
    store.close()
    return (ms_of(host.first) + 2 * ms_of(host.last)) // 3


@pytest.fixture(scope="module")
def expected(halves: list[str], middle: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with both halves, then pruned."""
    store = open_store(str(tmp_path_factory.mktemp("expected") / "graph.db"))
    ingest(store, halves[:1])
    ingest(store, halves[1:])
    prune(store, middle)
    yield store
    store.close()


def test_an_ingest_continues_after_a_prune(
    make_store: MakeStore, halves: list[str], middle: int, expected: Store
) -> None:
    store = make_store()
    ingest(store, halves[:1])
    before = digest(store)
    foreseen = prune(store, middle, dry_run=True)
    assert digest(store) == before, "nothing has changed"
    assert prune(store, middle) == foreseen
    assert foreseen.dropped.entities > 20 and foreseen.dropped.flows > 200
    after = digest(store)
    assert ingest(store, halves[:1]).events == 0
    assert {flow for flow in store.all_flows() if ms_of(flow.last) < middle and not flow.open} == set()
    prune(store, middle)
    assert digest(store) == after, "what is gone does not come back"
    ingest(store, halves[1:])
    prune(store, middle)
    assert digest(store) == digest(expected)
    assert store.checkpoint(HOST) == expected.checkpoint(HOST)
    assert set(store.lines(HOST)) == set(expected.lines(HOST))
    (blind,) = [blind for blind in store.blinds() if "retention" in blind.why]
    assert (blind.first, ms_of(blind.last)) == (store.hosts()[0].first, middle)


def test_a_killed_prune_is_repeated(make_store: MakeStore, halves: list[str], middle: int, expected: Store) -> None:
    store = make_store()
    for half in halves:
        ingest(store, [half])
    command = [sys.executable, "-m", "provenance", "prune", "--before", f"{middle / 1000}", *store_options(store)]
    for delay in DELAYS_S:
        before = store.statistics()
        child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while child.poll() is None and same(before, store.statistics()) and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(delay)
        child.kill()
        child.wait()
    prune(store, middle, wait_s=60)
    assert digest(store) == digest(expected)
    assert (store.statistics().nodes, store.statistics().flows) == (
        expected.statistics().nodes,
        expected.statistics().flows,
    )


def same(one: Statistics, other: Statistics) -> bool:
    """Whether nothing has been written meanwhile."""
    return (one.nodes, one.flows, one.blinds) == (other.nodes, other.flows, other.blinds)


def store_options(store: Store) -> list[str]:
    """The options that name a store."""
    if isinstance(store, Neo4jStore):
        address = store._server.address.text
        servers = [server for server in map(find, SERVER_LINES) if server is not None]
        (credentials,) = {server.credentials for server in servers if address.startswith(server.uri)}
        return ["--store", address, "--credentials", str(credentials)]
    return ["--store", str(getattr(store, "path", ""))]
