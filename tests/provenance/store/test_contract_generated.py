"""Any history of batches, compared with a plain reference implementation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Batch, Flow, unpack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, EventKey, Store
from provenance.transfer.digest import digest
from tests.provenance.store.conftest import MakeStore
from tests.provenance.store.generated import IDS, batches, described, growing, reached
from tests.provenance.store.oracle import Oracle

quick = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
histories = st.lists(batches(), max_size=4).map(growing)


def filled(store: Store, history: Sequence[Batch], joins: Sequence[tuple[list[Flow], bool]] = ()) -> Oracle:
    oracle = Oracle()
    with store.writer() as writer:
        for batch in history:
            writer.apply(batch)
            oracle.apply(batch)
        for flows, all_new in joins:
            writer.join(flows, all_new)
            oracle.join(flows, all_new)
    return oracle


joinings = st.lists(st.tuples(st.lists(reached, max_size=4), st.booleans()), max_size=2)


@quick
@given(history=histories, joins=joinings)
def test_holds_the_facts_of_batches(
    make_store: MakeStore, history: list[Batch], joins: list[tuple[list[Flow], bool]]
) -> None:
    store = make_store()
    oracle = filled(store, history, joins)
    assert store.nodes(IDS) == oracle.nodes()
    assert {node.id: node for node in store.all_nodes()} == oracle.nodes()
    assert {(f.kind, f.source, f.target, f.first): f for f in store.all_flows()} == oracle.runs
    assert {n for host in oracle.tallies for n in store.notes(host, FIRST, LAST)} == {n for _, n in oracle.notes}
    assert sorted(store.blinds()) == sorted(oracle.blinds.values())
    assert {end[:-1]: end for end in store.connections()} == oracle.connections
    assert {host.host: dict(host.tallies) for host in store.hosts() if host.tallies} == {
        host: tallies for host, tallies in oracle.tallies.items() if tallies
    }
    counted = store.statistics()
    nodes = [node.kind for node in oracle.nodes().values()]
    assert dict(counted.nodes) == {kind: nodes.count(kind) for kind in EntityKind if kind in nodes}
    assert sum(counted.flows.values()) == len(oracle.runs)


@quick
@given(
    history=histories,
    joins=joinings,
    frontier=st.dictionaries(st.sampled_from([*IDS, 12345]), st.integers(0, 41)),
    limit=st.none() | st.integers(0, 4),
)
@pytest.mark.parametrize("direction", Direction)
def test_one_step(
    make_store: MakeStore,
    direction: Direction,
    history: list[Batch],
    joins: list[tuple[list[Flow], bool]],
    frontier: dict[int, int],
    limit: int | None,
) -> None:
    store = make_store()
    oracle = filled(store, history, joins)
    assert list(store.expand(direction, frontier, limit)) == list(oracle.expand(direction, frontier, limit))


@quick
@given(
    history=histories,
    joins=joinings,
    pair=st.tuples(st.none() | st.sampled_from(IDS), st.none() | st.sampled_from(IDS)),
)
def test_runs_between(
    make_store: MakeStore,
    history: list[Batch],
    joins: list[tuple[list[Flow], bool]],
    pair: tuple[int | None, int | None],
) -> None:
    store = make_store()
    oracle = filled(store, history, joins)
    source, target = pair
    between = sorted(
        (f for f in oracle.runs.values() if source in (None, f.source) and target in (None, f.target)),
        key=lambda f: (f.first, f.source, f.target, f.kind),
    )
    assert list(store.flows(source, target)) == between
    for kind in {flow.kind for flow in oracle.runs.values()}:
        assert list(store.flows(source, target, kind)) == [flow for flow in between if flow.kind is kind]


@quick
@given(history=histories, joins=joinings)
def test_events_lead_to_their_runs(
    make_store: MakeStore, history: list[Batch], joins: list[tuple[list[Flow], bool]]
) -> None:
    store = make_store()
    oracle = filled(store, [*described(), *history], joins)
    for host in oracle.tallies:
        events = {event for flow in oracle.runs.values() for event in unpack_evidence(flow.evidence)}
        for ms, serial in sorted(events)[:1]:
            assert not list(store.flows_at(EventKey(host, ms, serial + (1 << 32)))), "no record has such a serial"
        for event in events:
            key = EventKey(host, *event)
            found = list(store.flows_at(key))
            assert {(f.kind, f.source, f.target, f.first) for f in found} == oracle.flows_at(key)
            assert found == sorted(found, key=lambda f: (f.first, f.source, f.target, f.kind))


@quick
@given(history=histories)
def test_raw_lines_come_back(make_store: MakeStore, history: list[Batch]) -> None:
    store = make_store()
    oracle = filled(store, history)
    lines = {(b.host, line.ms, line.serial): set[tuple[bytes, str, int]]() for b in history for line in b.lines}
    for batch in history:
        for line in batch.lines:
            lines[batch.host, line.ms, line.serial].add((line.raw, batch.source, line.offset))
    found = list(store.raw([EventKey(*key) for key in lines] + [EventKey("nowhere", 1, 1)]))
    assert {(event.key.host, event.key.ms, event.key.serial) for event in found} == set(lines)
    for event in found:
        assert (event.raw, event.source, event.offset) in lines[event.key.host, event.key.ms, event.key.serial]
    assert oracle is not None


@settings(quick, max_examples=15)
@given(history=histories, last=batches(), cut=st.floats(0, 1))
def test_a_repeated_batch_changes_nothing(make_store: MakeStore, history: list[Batch], last: Batch, cut: float) -> None:
    last.begins = False
    single, repeated, parts = make_store(), make_store(), make_store()
    filled(single, [*history, last])
    filled(repeated, [*history, last, last])
    filled(parts, [*history, _part(last, cut), last])
    assert digest(single) == digest(repeated) == digest(parts)
    assert single.statistics().flows == repeated.statistics().flows == parts.statistics().flows
    assert single.statistics().nodes == repeated.statistics().nodes == parts.statistics().nodes


def _part(batch: Batch, cut: float) -> Batch:
    lists = ("entities", "names", "connections", "notes", "blinds", "lines")
    part = replace(batch, **{name: getattr(batch, name)[: int(len(getattr(batch, name)) * cut)] for name in lists})
    settled = [flow for flow in batch.flows if not flow.open]
    part.flows = settled[: int(len(settled) * cut)]
    return part
