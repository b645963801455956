"""Lists of the runs of events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.facts import Flow, FlowKind, events_of, pack_evidence
from provenance.store.neo4j.witness import Reference, pack, unpack
from provenance.store.raw.lines import MINUTE_BITS

ids = st.integers(-(1 << 63), (1 << 63) - 1)
events = st.tuples(st.sampled_from((0, 1, 1 << 16, 1 << 41)), st.integers(0, 5))
flows = st.builds(
    Flow,
    st.sampled_from(FlowKind),
    ids,
    ids,
    st.integers(0, 1 << 62),
    st.just(1 << 62),
    st.just(1),
    st.lists(events, max_size=3).map(lambda some: pack_evidence(*some)),
    st.just(False),
    st.none(),
)


@given(st.lists(flows, max_size=6))
def test_every_event_leads_to_its_runs_only(history: list[Flow]) -> None:
    rows = list(pack(history))
    for ms, serial in {event for flow in history for event in events_of(flow.evidence)}:
        minute = ms >> MINUTE_BITS
        found = {
            reference
            for row in rows
            if row["minute"] == minute and row["low"] <= serial <= row["high"]
            for reference in unpack(row["block"], serial)
        }
        assert found == {
            Reference(flow.source, flow.target, int(flow.kind), flow.first)
            for flow in history
            if any(at >> MINUTE_BITS == minute and number == serial for at, number in events_of(flow.evidence))
        }
