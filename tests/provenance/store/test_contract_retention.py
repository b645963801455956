"""Every store drops the same old history, and the next batches can be written afterwards."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Batch, Flow
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Cut, Direction, Store
from provenance.store.retention import count_dropped, old_connections
from tests.provenance.store.conftest import MakeStore
from tests.provenance.store.generated import IDS, batches, reached
from tests.provenance.store.oracle import Oracle
from tests.provenance.store.pruned import prune

few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
some_ids = st.sets(st.sampled_from(IDS), max_size=6).map(frozenset)


@few
@given(
    history=st.lists(batches(), min_size=1, max_size=3),
    joined=st.lists(reached, max_size=3),
    later=batches(),
    before=st.integers(0, 41),
    pinned=some_ids,
    needed=some_ids,
)
def test_only_older_history_is_dropped(
    make_store: MakeStore,
    history: list[Batch],
    joined: list[Flow],
    later: Batch,
    before: int,
    pinned: frozenset[int],
    needed: frozenset[int],
) -> None:
    store, oracle = make_store(), Oracle()
    with store.writer() as writer:
        for batch in history:
            writer.apply(batch)
            oracle.apply(batch)
        writer.join(joined)
        oracle.join(joined, True)
        ends = old_connections(store.connections(), before, pinned)
        retained = set(store.connections()) - set(ends)
        stay = needed | {id for end in retained for id in (end.process, end.endpoint)}
        cut = Cut(before, pinned, stay, connections=ends)
        expected = count_dropped(store, cut)
        assert prune(oracle, cut) == expected
        assert writer.prune(cut) == expected
        assert_same(store, oracle)
        assert writer.prune(Cut(before, pinned, stay)) == (0, 0, 0, 0, 0)
        assert_same(store, oracle)
        writer.apply(later)
        oracle.apply(later)
        assert_same(store, oracle)


def assert_same(store: Store, oracle: Oracle) -> None:
    assert {node.id: node for node in store.all_nodes()} == oracle.nodes()
    assert {(f.kind, f.source, f.target, f.first): f for f in store.all_flows()} == oracle.runs
    frontier = dict.fromkeys(IDS, LAST)
    assert list(store.expand(Direction.BACKWARD, frontier)) == list(oracle.expand(Direction.BACKWARD, frontier, None))
    assert {note for host in oracle.tallies for note in store.notes(host, FIRST, LAST)} == {n for _, n in oracle.notes}
    assert sorted(store.blinds()) == sorted(oracle.blinds.values())
    assert {end[:-1]: end for end in store.connections()} == oracle.connections
    statistics = store.statistics()
    kinds = [node.kind for node in oracle.nodes().values()]
    assert dict(statistics.nodes) == {kind: kinds.count(kind) for kind in EntityKind if kind in kinds}
    flows = [flow.kind for flow in oracle.runs.values()]
    assert dict(statistics.flows) == {kind: flows.count(kind) for kind in set(flows)}
