"""Which events a connection between hosts rests on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.facts import Batch, Flow, FlowKind, pack_evidence
from provenance.pipeline.crossings import with_evidence
from provenance.store.interface import Direction
from provenance.store.sqlite import SQLiteStore

ENDPOINTS, PROCESSES = (11, 12, 13), (21, 22)
MOMENTS = st.integers(1, 6)
OPENINGS = st.lists(
    st.tuples(
        st.sampled_from((FlowKind.CONNECTED, FlowKind.ACCEPTED)),
        st.sampled_from(PROCESSES),
        st.sampled_from(ENDPOINTS),
        MOMENTS,
    ),
    max_size=8,
    unique=True,
)
REACHED = st.lists(st.tuples(st.sampled_from(ENDPOINTS), MOMENTS, st.booleans()), max_size=8)


class Counting(SQLiteStore):
    """Counts how often it is asked for a frontier."""

    asked = 0

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        self.asked += 1
        return super().expand(direction, frontier, limit)


def evidence(number: int) -> bytes:
    return pack_evidence((1_700_000_000_000, number))


def opening(kind: FlowKind, process: int, endpoint: int, first: int, number: int) -> Flow:
    ends = (endpoint, process) if kind is FlowKind.ACCEPTED else (process, endpoint)
    return Flow(kind, *ends, first, first + 1, 1, evidence(number))


def reached(source: int, first: int, own: bool = False) -> Flow:
    return Flow(FlowKind.REACHED, source, 99, first, first, 1, b"its own" if own else b"")


@given(OPENINGS, REACHED)
@settings(deadline=None, max_examples=30)
def test_it_is_the_opening_that_began_last_before(
    openings: list[tuple[FlowKind, int, int, int]], crossings: list[tuple[int, int, bool]]
) -> None:
    """Of those that began at once the accepted one, and the first that there is when none began before."""
    ranked = sorted(
        (first, kind is FlowKind.ACCEPTED, process, endpoint, evidence(number))
        for number, (kind, process, endpoint, first) in enumerate(openings)
    )
    flows = [reached(*crossing) for crossing in crossings]
    expected = []
    for flow in flows:
        here = [one for one in ranked if one[3] == flow.source]
        before = [one for one in here if one[0] <= flow.first]
        expected.append(flow.evidence or (before[-1] if before else here[0])[-1] if here or flow.evidence else b"")
    with tempfile.TemporaryDirectory() as folder, closing(SQLiteStore(Path(folder) / "graph.db")) as store:
        with store.writer() as writer:
            writer.apply(Batch("a", flows=[opening(*place, number) for number, place in enumerate(openings)]))
        found = list(with_evidence(store, flows))
    assert [flow.evidence for flow in found] == expected
    assert [flow._replace(evidence=b"") for flow in found] == [flow._replace(evidence=b"") for flow in flows]


def test_a_store_is_asked_for_many_at_once(tmp_path: Path) -> None:
    endpoints = range(1_000, 3_500)
    with closing(Counting(tmp_path / "graph.db")) as store:
        with store.writer() as writer:
            runs = [opening(FlowKind.CONNECTED, 21, endpoint, 1, endpoint) for endpoint in endpoints]
            writer.apply(Batch("a", flows=runs))
        found = list(with_evidence(store, [reached(endpoint, 2) for endpoint in (*endpoints, *endpoints)]))
        assert [flow.evidence for flow in found] == [evidence(endpoint) for endpoint in (*endpoints, *endpoints)]
        assert store.asked == 2 * 3, "twice a thousand flows, and none for what is known"
