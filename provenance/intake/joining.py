"""Connections between hosts: the events behind them, those by which the source's host opened them; and keeping them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction, Store, Writer

_OPENING = frozenset((FlowKind.CONNECTED, FlowKind.ACCEPTED))
_AT_ONCE = 1_000
"""Flows whose sources are looked up together: a server is asked once for all of them, not for each."""

_Opened = tuple[list[int], list[bytes]]
"""When an endpoint was connected to or accepted from, in order, and the events of each."""


def with_evidence(store: Store, flows: Iterable[Flow]) -> Iterator[Flow]:
    """REACHED flows with the evidence of the connect or accept at their source that began last before them; one that
    has evidence keeps it."""
    remaining = iter(flows)
    known: dict[int, _Opened] = {}
    while piece := list(islice(remaining, _AT_ONCE)):
        missing = {flow.source for flow in piece if not flow.evidence}.difference(known)
        if missing:
            known.update(_opened(store, sorted(missing)))
        yield from (flow if flow.evidence else _opened_by(flow, *known[flow.source]) for flow in piece)


def _opened_by(flow: Flow, times: Sequence[int], evidence: Sequence[bytes]) -> Flow:
    place = max(bisect_right(times, flow.first) - 1, 0)
    return flow._replace(evidence=evidence[place]) if evidence else flow


def _opened(store: Store, endpoints: Sequence[int]) -> Iterator[tuple[int, _Opened]]:
    runs: dict[int, list[Flow]] = {endpoint: [] for endpoint in endpoints}
    into = store.expand(Direction.BACKWARD, dict.fromkeys(endpoints, LAST))
    out = store.expand(Direction.FORWARD, dict.fromkeys(endpoints, FIRST))
    for endpoint, flow in chain(((flow.target, flow) for flow in into), ((flow.source, flow) for flow in out)):
        if flow.kind in _OPENING:
            runs[endpoint].append(flow)
    for endpoint, found in runs.items():
        found.sort(key=lambda flow: flow.first)
        yield endpoint, ([flow.first for flow in found], [flow.evidence for flow in found])


def keep(store: Store, writer: Writer, flows: Sequence[Flow]) -> None:
    """Have the store hold just these REACHED flows. Mostly there are only more of them than before, or longer ones: then
    those alone are written, else all."""
    before = {_place(flow): flow for flow in store.flows(None, None, FlowKind.REACHED)}
    now = {_place(flow): flow for flow in flows}
    if len(now) == len(flows) and all(place in now and _grows(one, now[place]) for place, one in before.items()):
        changed = [flow for place, flow in now.items() if before.get(place) != flow]
        if changed:
            writer.join(changed, replace=False)
    else:
        writer.join(flows)


def _place(flow: Flow) -> tuple[int, int, int]:
    return flow.source, flow.target, flow.first


def _grows(one: Flow, other: Flow) -> bool:
    """Whether a flow that is written over one of the same place becomes what it is itself: a store keeps the later end, the
    greater count and the longer evidence of both."""
    return (
        other.last >= one.last
        and other.times >= one.times
        and (other.evidence == one.evidence or len(other.evidence) > len(one.evidence))
        and other.detail is not None
    )
