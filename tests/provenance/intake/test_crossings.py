"""The events that are the evidence of a connection between hosts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.facts import Batch, Flow, FlowKind, pack_evidence
from provenance.intake.joining import with_evidence, write_joined
from provenance.store.interface import Direction, Writer
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
    """A store that counts its expansions."""

    expansions = 0

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        self.expansions += 1
        return super().expand(direction, frontier, limit)


class RecordingWriter:
    """A writer that records its joins."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.joins: list[tuple[list[Flow], bool]] = []

    def join(self, flows: Sequence[Flow], replace: bool = True) -> None:
        self.joins.append((list(flows), replace))
        self._writer.join(flows, replace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


def evidence(number: int) -> bytes:
    return pack_evidence((1_700_000_000_000, number))


def opening(kind: FlowKind, process: int, endpoint: int, first: int, number: int) -> Flow:
    ends = (endpoint, process) if kind is FlowKind.ACCEPTED else (process, endpoint)
    return Flow(kind, *ends, first, first + 1, 1, evidence(number))


def reached(source: int, first: int, own: bool = False) -> Flow:
    return Flow(FlowKind.REACHED, source, 99, first, first, 1, b"its own" if own else b"")


@given(OPENINGS, REACHED)
@settings(deadline=None, max_examples=30)
def test_the_evidence_is_the_last_opening_before(
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
        at_source = [one for one in ranked if one[3] == flow.source]
        before = [one for one in at_source if one[0] <= flow.first]
        expected.append(
            flow.evidence or (before[-1] if before else at_source[0])[-1] if at_source or flow.evidence else b""
        )
    with tempfile.TemporaryDirectory() as folder, closing(SQLiteStore(Path(folder) / "graph.db")) as store:
        with store.writer() as writer:
            writer.apply(Batch("a", flows=[opening(*place, number) for number, place in enumerate(openings)]))
        found = list(with_evidence(store, flows))
    assert [flow.evidence for flow in found] == expected
    assert [flow._replace(evidence=b"") for flow in found] == [flow._replace(evidence=b"") for flow in flows]


def test_a_store_is_queried_in_batches(tmp_path: Path) -> None:
    endpoints = range(1_000, 3_500)
    with closing(Counting(tmp_path / "graph.db")) as store:
        with store.writer() as writer:
            runs = [opening(FlowKind.CONNECTED, 21, endpoint, 1, endpoint) for endpoint in endpoints]
            writer.apply(Batch("a", flows=runs))
        found = list(with_evidence(store, [reached(endpoint, 2) for endpoint in (*endpoints, *endpoints)]))
        assert [flow.evidence for flow in found] == [evidence(endpoint) for endpoint in (*endpoints, *endpoints)]
        assert store.expansions == 2 * 3, "twice a thousand flows, and none for what is known"


SETS = st.dictionaries(
    st.tuples(st.sampled_from(ENDPOINTS), MOMENTS),
    st.tuples(MOMENTS, st.sampled_from((b"", b"a" * 12, b"b" * 12, b"c" * 24)), st.sampled_from((0.5, 1.0))),
    max_size=5,
)


def crossings_of(drawn: dict[tuple[int, int], tuple[int, bytes, float]]) -> list[Flow]:
    return [
        Flow(FlowKind.REACHED, source, 99, first, first + length, 1, behind, False, {"confidence": sure})
        for (source, first), (length, behind, sure) in drawn.items()
    ]


@given(SETS, SETS)
@settings(deadline=None, max_examples=40)
def test_the_last_result_replaces_earlier_ones(
    before: dict[tuple[int, int], tuple[int, bytes, float]], more: dict[tuple[int, int], tuple[int, bytes, float]]
) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(SQLiteStore(Path(folder) / "graph.db")) as store:
        for now in (before, more, {**before, **more}, {**before, **more}, {}):
            flows = crossings_of(now)
            with store.writer() as writer:
                write_joined(store, writer, flows)
            stored = list(store.flows(None, None, FlowKind.REACHED))
            assert stored == sorted(flows, key=lambda flow: (flow.first, flow.source))
            assert store.statistics().flows.get(FlowKind.REACHED, 0) == len(flows)


def test_only_changed_flows_are_written(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "graph.db")) as store, store.writer() as writer:
        recording = RecordingWriter(writer)
        first, second = crossings_of({(11, 1): (1, b"", 1.0), (12, 2): (1, b"", 1.0)})
        third = first._replace(last=9)
        for flows in ([first], [first], [first, second], [third, second], [first, second]):
            write_joined(store, cast(Writer, recording), flows)
        assert recording.joins == [([first], False), ([second], False), ([third], False), ([first, second], True)]
