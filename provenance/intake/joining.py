"""Connections between hosts: their evidence, which are the events by which the source's host opened them, and writing them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction, Store, Writer

_OPENING = frozenset((FlowKind.CONNECTED, FlowKind.ACCEPTED))
_AT_ONCE = 1_000
"""How many flows have their sources looked up in one query."""

_Openings = tuple[list[int], list[bytes]]
"""The moments at which an endpoint was connected to or accepted from, in order, and the evidence of each."""


def with_evidence(store: Store, flows: Iterable[Flow]) -> Iterator[Flow]:
    """REACHED flows with the evidence of the last connect or accept at their source before them; existing evidence is kept."""
    remaining = iter(flows)
    known: dict[int, _Openings] = {}
    while chunk := list(islice(remaining, _AT_ONCE)):
        missing = {flow.source for flow in chunk if not flow.evidence}.difference(known)
        if missing:
            known.update(_openings(store, sorted(missing)))
        yield from (flow if flow.evidence else _with_opening(flow, *known[flow.source]) for flow in chunk)


def _with_opening(flow: Flow, times: Sequence[int], evidence: Sequence[bytes]) -> Flow:
    place = max(bisect_right(times, flow.first) - 1, 0)
    return flow._replace(evidence=evidence[place]) if evidence else flow


def _openings(store: Store, endpoints: Sequence[int]) -> Iterator[tuple[int, _Openings]]:
    runs: dict[int, list[Flow]] = {endpoint: [] for endpoint in endpoints}
    into = store.expand(Direction.BACKWARD, dict.fromkeys(endpoints, LAST))
    out = store.expand(Direction.FORWARD, dict.fromkeys(endpoints, FIRST))
    for endpoint, flow in chain(((flow.target, flow) for flow in into), ((flow.source, flow) for flow in out)):
        if flow.kind in _OPENING:
            runs[endpoint].append(flow)
    for endpoint, found in runs.items():
        found.sort(key=lambda flow: flow.first)
        yield endpoint, ([flow.first for flow in found], [flow.evidence for flow in found])


def write_joined(store: Store, writer: Writer, flows: Sequence[Flow]) -> None:
    """Make these the only REACHED flows of the store. If flows were only added or extended, only those are written, else all."""
    before = {_place(flow): flow for flow in store.flows(None, None, FlowKind.REACHED)}
    now = {_place(flow): flow for flow in flows}
    if len(now) == len(flows) and all(
        place in now and _is_extended_by(stored, now[place]) for place, stored in before.items()
    ):
        changed = [flow for place, flow in now.items() if before.get(place) != flow]
        if changed:
            writer.join(changed, replace=False)
    else:
        writer.join(flows)


def _place(flow: Flow) -> tuple[int, int, int]:
    return flow.source, flow.target, flow.first


def _is_extended_by(stored: Flow, new: Flow) -> bool:
    """Whether writing `new` over the stored flow of the same place gives exactly `new`: a store keeps the later end, the greater
    count and the longer evidence of both."""
    return (
        new.last >= stored.last
        and new.times >= stored.times
        and (new.evidence == stored.evidence or len(new.evidence) > len(stored.evidence))
        and new.detail is not None
    )
