"""The path that explains an entity: each flow can have passed on the data of the flow before."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction
from provenance.trace.result import Slice
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.paths import next_steps, path
from provenance.trace.slice.walk import walk
from tests.provenance.trace.graphs import flow, stored

moments = st.integers(1_000, 1_030).map(at_ms)
ids = st.integers(1, 7)
HOSTS = dict.fromkeys(range(1, 8), "a")


@st.composite
def runs(draw: st.DrawFn) -> Flow:
    first, last = sorted((draw(moments), draw(moments)))
    kind = draw(st.sampled_from([FlowKind.SPAWNED, FlowKind.READ, FlowKind.WROTE]))
    return flow(kind, draw(ids), draw(ids), first, last)


def walked(flows: list[Flow], direction: Direction, start: int) -> Slice:
    bound = LAST if direction is Direction.BACKWARD else FIRST
    with tempfile.TemporaryDirectory() as folder, closing(stored(Path(folder) / "g.db", flows, HOSTS)) as store:
        return walk(store, direction, {start: bound}, None, DEFAULT)


graphs = st.lists(runs(), max_size=25).map(lambda flows: list({run[1:3]: run for run in flows}.values()))


@settings(max_examples=100, deadline=None)
@given(graphs, st.sampled_from(Direction), ids)
def test_every_entity_has_a_path_in_order_of_time(flows: list[Flow], direction: Direction, start: int) -> None:
    found = walked(flows, direction, start)
    steps = next_steps(found)
    assert set(steps) == set(found.bounds)
    for node in found.bounds:
        edges = path(steps, node, direction)
        causes = edges if direction is Direction.BACKWARD else edges[::-1]
        now = FIRST
        for edge in causes:
            now = max(now, edge.first)
            assert edge.last >= now
        ends = [edge.source for edge in causes] + [edge.target for edge in causes[-1:]]
        assert {ends[0], ends[-1]} == {node, start} if ends else node == start


def test_a_late_flow_is_not_on_the_path() -> None:
    """1 reaches 2 only after 2 had passed to 4 by itself; through 3 it is in time."""
    flows = [
        flow(FlowKind.WROTE, 1, 2, at_ms(1_010), at_ms(1_010)),
        flow(FlowKind.READ, 2, 4, at_ms(1_005), at_ms(1_005)),
        flow(FlowKind.READ, 2, 3, at_ms(1_015), at_ms(1_015)),
        flow(FlowKind.WROTE, 3, 4, at_ms(1_020), at_ms(1_020)),
    ]
    found = walked(flows, Direction.BACKWARD, 4)
    edges = path(next_steps(found), 1, Direction.BACKWARD)
    assert [(edge.source, edge.target) for edge in edges] == [(1, 2), (2, 3), (3, 4)]


def test_data_of_another_connection_to_the_same_address_is_distant(tmp_path: Path) -> None:
    """1 and 2 talk to one host, one after the other; what 6 does there came by the second connection."""
    early, late = (at_ms(1_000), at_ms(1_005)), (at_ms(1_010), at_ms(1_015))
    flows = [
        flow(FlowKind.SENT, 1, 3, *early),
        flow(FlowKind.SENT, 2, 3, *late),
        flow(FlowKind.REACHED, 3, 4, *early),
        flow(FlowKind.REACHED, 3, 5, *late),
        flow(FlowKind.ACCEPTED, 5, 6, *late),
    ]
    hosts = dict.fromkeys((1, 2, 3), "a") | dict.fromkeys((4, 5, 6), "b")
    with closing(stored(tmp_path / "g.db", flows, hosts)) as store:
        found = walk(store, Direction.BACKWARD, {6: LAST}, None, DEFAULT)
    steps = next_steps(found)
    assert [edge.target for edge in path(steps, 2, Direction.BACKWARD)] == [3, 5, 6]
    assert steps[1].length > steps[2].length + 5


def test_replies_of_another_connection_are_distant(tmp_path: Path) -> None:
    """5 and 6 answer 1, whose clock is 100 s behind, one after the other; 2 got data that 6 sent."""
    early, late = (at_ms(101_000), at_ms(101_005)), (at_ms(101_010), at_ms(101_015))
    flows = [
        flow(FlowKind.SENT, 5, 4, *early),
        flow(FlowKind.REACHED, 4, 3, *early, skew=-100_000),
        flow(FlowKind.SENT, 6, 7, *late),
        flow(FlowKind.REACHED, 7, 3, *late, skew=-100_000),
        flow(FlowKind.RECEIVED, 3, 2, at_ms(1_010), at_ms(1_015)),
    ]
    hosts = dict.fromkeys((2, 3), "a") | dict.fromkeys((4, 5, 6, 7), "b")
    with closing(stored(tmp_path / "g.db", flows, hosts)) as store:
        found = walk(store, Direction.BACKWARD, {2: LAST}, None, DEFAULT)
    steps = next_steps(found)
    assert [edge.target for edge in path(steps, 6, Direction.BACKWARD)] == [7, 3, 2]
    assert steps[5].length > steps[6].length + 5
