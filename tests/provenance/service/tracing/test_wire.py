"""A trace round-trips through its parts, and through JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.facts import Blind, Flow, FlowKind, Name
from provenance.ingest.identity import EntityKind
from provenance.service.tracing.wire import (
    PART_SIZE,
    join_parts,
    part_json,
    parts_of,
    read_part,
    read_runs,
    runs_json,
    trace_head,
)
from provenance.store.documents import pack, unpack
from provenance.store.interface import Direction, EventKey, Node, Store
from provenance.trace.result import Decoded, Effect, Entry, HostReached, Slice, Step, Trace, TraceEdge, Truncation
from tests.provenance.service.graphql.questions import library_trace

HOSTILE = "a\udcff\u202e\n\0"


def again(trace: Trace) -> Trace:
    """A trace that was stored in documents and read again."""
    parts = [read_part(unpack(pack(part_json(part)))) for part in parts_of(trace)]
    return join_parts(unpack(pack(trace_head(trace))), parts)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_trace_of_the_incident_round_trips(store: Store, direction: Direction) -> None:
    trace = library_trace(store, direction)
    assert direction is Direction.FORWARD or len(trace.slice.edges) > PART_SIZE
    assert all(max(len(part.nodes), len(part.edges)) <= PART_SIZE for part in parts_of(trace))
    assert again(trace) == trace


def test_rare_parts_of_a_trace_round_trip() -> None:
    file = Node(2**63, EntityKind.FILE, HOSTILE, 5, {"path": HOSTILE, "inode": 7}, (Name(2**63, HOSTILE, 5, 9),))
    process = Node(1, EntityKind.PROCESS, "h", 0, {"argv": [HOSTILE, ""], "forked": True, "end": 2**62})
    edge = TraceEdge(
        *("READ-f-p", FlowKind.READ, file.id, 1, 5, 9, 3),
        *((EventKey(HOSTILE, 1, 2), EventKey("h", 3, 4)), 0.5, {"reason": HOSTILE}),
    )
    cut = Truncation("the budget", 3, (1, 2**63))
    slice_ = Slice(Direction.FORWARD, (1,), 12, {1: 0, file.id: 7}, {1: process, file.id: file}, (edge,), cut)
    trace = Trace(
        slice_,
        {"alert": HOSTILE},
        (Entry(1, file.id, None, 5, 0.25, HOSTILE),),
        (Step(5, HOSTILE, 1, edge.id, HOSTILE, 7, HOSTILE, (Effect(HOSTILE, (HOSTILE,)),), 3, 9, 2, True, True),),
        (HostReached(HOSTILE, 5, (edge.id,)),),
        (Decoded(1, "base64", HOSTILE),),
        (Blind(HOSTILE, 1, 2, HOSTILE),),
        {9: replace(process, id=9)},
    )
    assert again(trace) == trace


@given(
    st.lists(
        st.builds(
            Flow,
            st.sampled_from(FlowKind),
            *[st.integers(0, 2**64 - 1)] * 5,
            st.binary(max_size=20),
            st.booleans(),
            st.none() | st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=2),
        )
    )
)
def test_runs_round_trip(runs: list[Flow]) -> None:
    assert list(read_runs(json.loads(json.dumps(runs_json(runs))))) == runs
