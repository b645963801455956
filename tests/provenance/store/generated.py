"""Generated batches with few nodes and moments, so that facts overlap, and with hostile text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import strategies as st

from provenance.ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind, Line, Name, Note, pack_evidence
from provenance.ingest.identity import EntityKind

HOSTS = ("web01", "db\udcff\x00\u202e")
NODES = {
    (-1 if number % 2 else 1) * (number * 0x0123_4567_89AB_CDEF % (1 << 63)): (kind, host)
    for number, (kind, host) in enumerate([(kind, host) for kind in EntityKind for host in HOSTS] * 2, 1)
}
"""id -> (kind, host)"""
IDS = sorted(NODES)

text = st.text(st.characters(exclude_categories=()), max_size=12)
"""Any text: control characters, direction overrides, and surrogates for bytes that were not UTF-8."""
moments = st.integers(1, 40)
times_ms = st.sampled_from((1_700_000_000_000, 1_700_000_000_001, 1_700_000_100_000, 1_800_000_000_000))
serials = st.integers(1, 6)
events = st.tuples(times_ms, serials)
details = st.none() | st.fixed_dictionaries({"bytes": st.integers(0, 1 << 40)})

_ATTRIBUTES: dict[EntityKind, dict[str, st.SearchStrategy[Any]]] = {
    EntityKind.PROCESS: {
        "pid": st.integers(1, 4),
        "argv": st.lists(text, max_size=3),
        "command": text,
        "exe": text,
        "uid": st.integers(-1, 3),
        "end": st.integers(1, 1 << 62),
        "incarnation": st.integers(-(1 << 63), (1 << 63) - 1),
        "forked": st.booleans(),
    },
    EntityKind.FILE: {"path": text, "device": text, "inode": st.integers(0, 1 << 70), "owner": st.integers(0, 3)},
    EntityKind.ENDPOINT: {"ip": text, "port": st.integers(0, 1 << 70), "path": text, "listening": st.booleans()},
    EntityKind.PIPE: {"type": text, "path": text},
    EntityKind.SESSION: {"auid": st.integers(0, 3), "user": text},
}


def _of(host: str) -> st.SearchStrategy[int]:
    return st.sampled_from([id for id, (_, owner) in NODES.items() if owner == host])


@st.composite
def entities(draw: st.DrawFn, host: str) -> Entity:
    id = draw(_of(host))
    kind = NODES[id][0]
    return Entity(id, kind, host, draw(moments), draw(st.fixed_dictionaries({}, optional=_ATTRIBUTES[kind])))


@st.composite
def flows(draw: st.DrawFn, host: str, kinds: st.SearchStrategy[FlowKind]) -> Flow:
    first, last = sorted((draw(moments), draw(moments)))
    return Flow(
        draw(kinds),
        draw(_of(host)),
        draw(_of(host)),
        first,
        last,
        draw(st.integers(1, 3)),
        pack_evidence(*draw(st.lists(events, max_size=3))),
        draw(st.booleans()),
        draw(details),
    )


def within(host: str) -> st.SearchStrategy[Flow]:
    """Flows of one host."""
    return flows(host, st.sampled_from([kind for kind in FlowKind if kind is not FlowKind.REACHED][:4]))


reached = (
    st.sampled_from(HOSTS)
    .flatmap(lambda host: flows(host, st.just(FlowKind.REACHED)))
    .map(lambda flow: flow._replace(open=False))
)


T = TypeVar("T")


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    host = draw(st.sampled_from(HOSTS))

    def some(strategy: st.SearchStrategy[T], most: int = 6) -> list[T]:
        return draw(st.lists(strategy, max_size=most))

    return Batch(
        host,
        some(entities(host)),
        some(st.builds(Name, _of(host), text, moments, moments)),
        some(within(host), 12),
        some(
            st.builds(
                Connection,
                st.just(host),
                _of(host),
                _of(host),
                st.booleans(),
                text,
                text,
                st.integers(0, 3),
                st.none() | text.filter(bool),
                st.none() | st.integers(0, 3),
                moments,
                moments,
            ),
            3,
        ),
        some(st.builds(Note, moments, times_ms, serials, text, st.none() | _of(host), text), 3),
        some(st.builds(Blind, st.just(host), moments, moments, text), 3),
        some(st.builds(Line, moments, times_ms, serials, st.binary(max_size=20), st.integers(0, 1 << 40)), 4),
        draw(st.dictionaries(text, st.integers(1, 3), max_size=2)),
        1,
        draw(moments),
        draw(text),
        draw(st.none() | st.binary(max_size=5)),
        draw(st.booleans()),
    )


def described() -> list[Batch]:
    """One batch for each host that describes every node, for tests that compare hosts of nodes."""
    return [
        Batch(host, [Entity(id, kind, owner, 1, {}) for id, (kind, owner) in NODES.items() if owner == host])
        for host in HOSTS
    ]


def growing(history: Iterable[Batch]) -> list[Batch]:
    """The batches with the evidence of settled runs corrected: such a run has at least that of the provisional run before it."""
    provisional: dict[tuple[str, FlowKind, int, int, int], bytes] = {}
    corrected: list[Batch] = []
    for batch in history:
        if batch.begins:
            provisional = {place: known for place, known in provisional.items() if place[0] != batch.host}
        flows = [
            flow if flow.open else _with_evidence(flow, provisional.get((batch.host, *flow[:4]), b""))
            for flow in batch.flows
        ]
        for flow in flows:
            if flow.open:
                place = (batch.host, *flow[:4])
                provisional[place] = max(provisional.get(place, b""), flow.evidence, key=len)
        corrected.append(replace(batch, flows=flows))
    return corrected


def _with_evidence(flow: Flow, before: bytes) -> Flow:
    return flow._replace(evidence=before) if len(flow.evidence) <= len(before) else flow
