"""The walk over a store, compared with the plain rules of docs/semantics.md#causality, with and without a budget."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Store
from provenance.trace.result import Slice
from provenance.trace.slice.best_paths import best_paths
from provenance.trace.slice.between import between
from provenance.trace.slice.budget import DEFAULT, Budget
from provenance.trace.slice.walk import walk
from tests.provenance.trace.graphs import flow, stored
from tests.provenance.trace.plain import exact

HOSTS = {id: host for host, ids in (("a", range(1, 8)), ("b", range(-7, 0))) for id in ids}
WITHIN = [kind for kind in FlowKind if kind is not FlowKind.REACHED]
moments = st.integers(1_000, 1_030).map(at_ms)


@st.composite
def runs(draw: st.DrawFn, ids: list[int]) -> Flow:
    first, last = sorted((draw(moments), draw(moments)))
    return flow(draw(st.sampled_from(WITHIN)), draw(st.sampled_from(ids)), draw(st.sampled_from(ids)), first, last)


@st.composite
def crossings(draw: st.DrawFn) -> Flow:
    """A connection between hosts whose clocks are as far apart as `b`'s clock is ahead, here 10 ms."""
    forth = draw(st.booleans())
    first, last = sorted((draw(moments), draw(moments)))
    source, target = draw(st.integers(1, 7)), draw(st.integers(-7, -1))
    ends = (source, target) if forth else (target, source)
    return flow(FlowKind.REACHED, *ends, first, last, skew=10 if forth else -10)


graphs = st.lists(
    st.one_of(runs([id for id in HOSTS if id > 0]), runs([id for id in HOSTS if id < 0]), crossings()), max_size=40
).map(lambda flows: list({run[:4]: run for run in flows}.values()))
starts = st.dictionaries(
    st.sampled_from(sorted(HOSTS)), st.one_of(moments, st.just(FIRST), st.just(LAST)), min_size=1, max_size=2
)
directions = st.sampled_from(Direction)
datagrams = st.sampled_from((frozenset[int](), frozenset((2, 3, -3))))


def in_store(
    flows: list[Flow], direction: Direction, start: Mapping[int, int], budget: Budget, datagrams: Collection[int] = ()
) -> Slice:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.db"
        with closing(stored(path, flows, HOSTS, datagrams=datagrams)) as store:
            return walk(store, direction, start, None, budget)


@settings(max_examples=120, deadline=None)
@given(graphs, directions, starts, datagrams)
def test_bounds_and_edges_are_those_of_the_rules(
    flows: list[Flow], direction: Direction, start: dict[int, int], datagrams: frozenset[int]
) -> None:
    found = in_store(flows, direction, start, DEFAULT, datagrams)
    bounds, counted = exact(flows, direction, start, datagrams)
    assert found.bounds == bounds
    assert found.truncated is None
    by_edge: dict[tuple[FlowKind, int, int], list[Flow]] = {}
    for run in flows:
        if run[:4] in counted:
            by_edge.setdefault(run[:3], []).append(run)
    assert {(edge.kind, edge.source, edge.target): (edge.first, edge.last, edge.times) for edge in found.edges} == {
        edge: (min(run.first for run in some), max(run.last for run in some), len(some))
        for edge, some in by_edge.items()
    }


@settings(max_examples=50, deadline=None)
@given(graphs, directions, starts)
def test_no_effect_before_its_cause(flows: list[Flow], direction: Direction, start: dict[int, int]) -> None:
    found = in_store(flows, direction, start, DEFAULT)
    for edge in found.edges:
        if edge.kind is FlowKind.REACHED:
            continue
        if direction is Direction.BACKWARD:
            assert edge.first <= found.bounds[edge.target]
            assert found.bounds[edge.source] >= edge.first
        else:
            assert edge.last >= found.bounds[edge.source]
            assert found.bounds[edge.target] <= max(edge.last, found.bounds[edge.source])


@settings(max_examples=150, deadline=None)
@given(
    graphs,
    directions,
    starts,
    st.builds(Budget, st.integers(1, 9), st.integers(1, 30), st.none() | st.integers(1, 4), st.integers(1, 5)),
    datagrams,
)
def test_a_budget_reports_what_it_leaves_out(
    flows: list[Flow], direction: Direction, start: dict[int, int], budget: Budget, datagrams: frozenset[int]
) -> None:
    found = in_store(flows, direction, start, budget, datagrams)
    bounds, counted = exact(flows, direction, start, datagrams)
    assert found.bounds.keys() <= bounds.keys()
    assert len(found.nodes) <= max(budget.nodes, len(start))
    backward = direction is Direction.BACKWARD
    for id, bound in found.bounds.items():
        assert bound <= bounds[id] if backward else bound >= bounds[id]
    found_places = {(edge.kind, edge.source, edge.target) for edge in found.edges}
    assert found_places <= {place[:3] for place in counted}
    assert sum(edge.times for edge in found.edges) <= budget.edges
    if found.truncated is None:
        assert found.bounds == bounds and found_places == {place[:3] for place in counted}
        return
    assert found.truncated.why and set(found.truncated.at) <= found.nodes.keys()
    if datagrams:  # which of their flows count depends on which others the budget let the walk read
        return
    left_out = _left_out(flows, found, direction)
    assert {id for id, amount in left_out.items() if amount} == set(found.truncated.at)
    assert found.truncated.left_out_edges == sum(left_out.values())


def _left_out(flows: list[Flow], found: Slice, direction: Direction) -> dict[int, int]:
    """Runs that count at the bounds of the truncated slice, less those that it holds."""
    backward = direction is Direction.BACKWARD
    total: dict[int, int] = {}
    for run in flows:
        near = run.target if backward else run.source
        if near in found.bounds and exact([run], direction, {near: found.bounds[near]})[1]:
            total[near] = total.get(near, 0) + 1
    for edge in found.edges:
        total[edge.target if backward else edge.source] -= edge.times
    return total


def test_datagrams_to_a_peer_are_not_what_another_program_gets_from_it(tmp_path: Path) -> None:
    """1 asks a resolver, which then answers 2. The resolver's own host, where it is recorded, does pass on what it got."""
    flows = [
        flow(FlowKind.CONNECTED, 1, 9, at_ms(10)),
        flow(FlowKind.RECEIVED, 9, 2, at_ms(20)),
        flow(FlowKind.SPAWNED, 3, 1, at_ms(5)),
    ]
    hosts = dict.fromkeys((1, 2, 3, 9), "a")
    with closing(stored(tmp_path / "udp.db", flows, hosts, datagrams=(9,))) as store:
        assert walk(store, Direction.BACKWARD, {2: LAST}, None, DEFAULT).nodes.keys() == {2, 9}
        assert walk(store, Direction.FORWARD, {3: FIRST}, None, DEFAULT).nodes.keys() == {3, 1, 9}
        assert walk(store, Direction.BACKWARD, {9: LAST}, None, DEFAULT).nodes.keys() == {9, 1, 3}
        assert not between(store, 1, 2).runs
        assert not best_paths(store, 1, 2, 5).paths
    with closing(stored(tmp_path / "tcp.db", flows, hosts, {9: EntityKind.ENDPOINT})) as store:
        assert walk(store, Direction.BACKWARD, {2: LAST}, None, DEFAULT).nodes.keys() == {2, 9, 1, 3}
        assert between(store, 1, 2).runs


def hub(folder: Path, readers: int) -> Store:
    """1 writes a file that everybody reads, and starts a line of programs that ends in a connection."""
    flows = [flow(FlowKind.WROTE, 1, 2, at_ms(1))]
    flows += [flow(FlowKind.READ, 2, 1_000 + number, at_ms(2)) for number in range(readers)]
    line = [1, *range(10, 40)]
    flows += [flow(FlowKind.SPAWNED, *pair, at_ms(1_000)) for pair in pairwise(line)]
    flows.append(flow(FlowKind.CONNECTED, line[-1], 3, at_ms(1_001)))
    ids = {end for run in flows for end in (run.source, run.target)}
    return stored(folder / "hub.db", flows, dict.fromkeys(ids, "a"))


def test_lineage_comes_before_the_readers_of_a_hub(tmp_path: Path) -> None:
    with closing(hub(tmp_path, 10_000)) as store:
        found = walk(store, Direction.FORWARD, {1: FIRST}, None, Budget(nodes=200))
    assert {*range(10, 40), 3} <= found.nodes.keys()
    assert len(found.nodes) == 200
    assert found.truncated is not None and found.truncated.at == (2,)
    assert found.truncated.left_out_edges == 10_000 - (200 - 33)


def test_the_runs_of_a_hub_are_limited(tmp_path: Path) -> None:
    with closing(hub(tmp_path, 3_000)) as store:
        found = walk(store, Direction.FORWARD, {1: FIRST}, None, Budget(runs_per_node=1_000))
    assert found.truncated is not None
    assert (found.truncated.at, found.truncated.left_out_edges) == ((2,), 2_000)
