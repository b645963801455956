"""The best path so far is one that information could have taken, whatever the walk has read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Flow, FlowKind
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store import open_store
from provenance.store.interface import Direction, Store
from provenance.trace.result import Slice
from provenance.trace.slice.budget import Budget
from provenance.trace.slice.path_so_far import PathSoFar
from provenance.trace.slice.walk import walk
from tests.provenance.service.graphql.questions import library_trace
from tests.provenance.trace.graphs import flow, stored
from tests.provenance.trace.slice.test_between import HOSTS, IDS, _leads, runs


def walked(store: Store, direction: Direction, start: int, bound: int) -> tuple[tuple[Flow, ...], Slice]:
    so_far = PathSoFar(direction)
    assert so_far.best() == ()
    found = walk(WatchedStore(store, Brake(None), so_far), direction, {start: bound}, bound, Budget(1_000, 1_000))
    return so_far.best(), found


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    flows=st.lists(runs, max_size=8, unique_by=lambda run: run[:4]),
    start=st.sampled_from(IDS),
    direction=st.sampled_from(Direction),
    time=st.integers(10, 24),
)
def test_the_path_leads_to_the_start_in_time(
    flows: Sequence[Flow], start: int, direction: Direction, time: int
) -> None:
    backward = direction is Direction.BACKWARD
    with TemporaryDirectory() as folder:
        store = stored(Path(folder) / "graph.db", flows, HOSTS)
        best, found = walked(store, direction, start, at_ms(time))
        store.close()
    assert bool(best) == (len(found.nodes) > 1)
    if best:
        since, until = (FIRST, at_ms(time)) if backward else (at_ms(time), LAST)
        assert _leads(best, best[0].source, best[-1].target, since, until)
        assert (best[-1].target if backward else best[0].source) == start
        assert {end for run in best for end in (run.source, run.target)} <= found.nodes.keys()


def test_clocks_that_do_not_agree_make_no_circle(tmp_path: Path) -> None:
    flows = [
        flow(FlowKind.READ, 1, 2, at_ms(10), at_ms(20)),
        flow(FlowKind.REACHED, 4, 1, at_ms(5), at_ms(40), -3),
        flow(FlowKind.REACHED, 1, 4, at_ms(5), at_ms(40), 0),
    ]
    store = stored(tmp_path / "graph.db", flows, HOSTS)
    best, _ = walked(store, Direction.BACKWARD, 2, at_ms(15))
    assert [(run.source, run.target) for run in best] == [(4, 1), (1, 2)]
    store.close()


def test_a_circle_back_to_the_start_gives_it_no_more_time(tmp_path: Path) -> None:
    flows = [
        flow(FlowKind.READ, 2, 1, at_ms(10), at_ms(10)),
        flow(FlowKind.READ, 1, 4, at_ms(10), at_ms(20)),
        flow(FlowKind.REACHED, 2, 3, at_ms(10), at_ms(11), 0),
        flow(FlowKind.REACHED, 3, 2, at_ms(10), at_ms(11), -1),
    ]
    store = stored(tmp_path / "graph.db", flows, HOSTS)
    best, found = walked(store, Direction.FORWARD, 2, at_ms(11))
    assert [(run.source, run.target) for run in best] == [(2, 3)]
    assert 4 in found.nodes, "the walk itself follows the clocks"
    store.close()


def test_a_peer_outside_is_worth_more_than_the_host_that_was_recorded(tmp_path: Path) -> None:
    hosts = {1: "a", 2: "a", 3: "b", 4: "b", 5: "b"}
    flows = [
        flow(FlowKind.ACCEPTED, 2, 1, at_ms(50), at_ms(60)),
        flow(FlowKind.REACHED, 3, 2, at_ms(50), at_ms(60), 0),
        flow(FlowKind.CONNECTED, 4, 3, at_ms(49), at_ms(60)),
        flow(FlowKind.ACCEPTED, 5, 4, at_ms(20), at_ms(60)),
    ]
    store = stored(tmp_path / "graph.db", flows, hosts)
    best, _ = walked(store, Direction.BACKWARD, 1, at_ms(70))
    assert [run.source for run in best] == [5, 4, 3, 2]
    store.close()


def test_the_path_leads_through_no_resolver(tmp_path: Path) -> None:
    flows = [
        flow(FlowKind.RECEIVED, 2, 1, at_ms(50)),
        flow(FlowKind.CONNECTED, 3, 2, at_ms(40)),
        flow(FlowKind.SPAWNED, 3, 4, at_ms(30)),
        flow(FlowKind.SPAWNED, 4, 1, at_ms(35)),
        flow(FlowKind.SPAWNED, 5, 3, at_ms(20)),
    ]
    store = stored(tmp_path / "graph.db", flows, dict.fromkeys(IDS, "a"), datagrams=(2,))
    best, found = walked(store, Direction.BACKWARD, 1, at_ms(70))
    assert found.nodes.keys() == {1, 2, 3, 4, 5}
    assert [run.source for run in best] in ([2], [5, 3, 4])
    store.close()


def test_the_path_of_the_bundled_incident_begins_outside(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    so_far = PathSoFar(Direction.BACKWARD)
    trace = library_trace(WatchedStore(store, Brake(None), so_far))
    best = so_far.best()
    assert best[0].kind is FlowKind.ACCEPTED
    assert best[0].source in {entry.node for entry in trace.entries}
    assert best[-1].target in trace.slice.start
    store.close()
