"""A plain reference for docs/semantics.md#causality: the rules are applied to every flow until nothing changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from provenance.ingest.clock import FIRST, LAST, shift
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction

TO_PEER = (FlowKind.CONNECTED, FlowKind.SENT)
FROM_PEER = (FlowKind.ACCEPTED, FlowKind.RECEIVED)


def exact(
    flows: Sequence[Flow], direction: Direction, start: Mapping[int, int], datagrams: Collection[int] = ()
) -> tuple[dict[int, int], set[tuple[FlowKind, int, int, int]]]:
    """The bounds of all entities in the slice, and the flows that count. `datagrams` are peers that are reached by datagrams:
    what a program exchanged with one is no other program's."""
    bounds, others = dict(start), dict(start)
    backward = direction is Direction.BACKWARD
    arrivals, departures = (FROM_PEER, TO_PEER) if backward else (TO_PEER, FROM_PEER)
    counted: set[tuple[FlowKind, int, int, int]] = set()
    changed = True
    while changed:
        changed = False
        for flow in flows:
            skew = (flow.detail or {}).get("skew", 0) if flow.kind is FlowKind.REACHED else 0
            near, far = (flow.target, flow.source) if backward else (flow.source, flow.target)
            bound = (others if near in datagrams and flow.kind in departures else bounds).get(near)
            if bound is None:
                continue
            if backward:
                bound = _moved(bound, -skew)
                if flow.first > bound:
                    continue
                reached = min(flow.last, bound)
            else:
                if flow.last < bound:
                    continue
                reached = _moved(max(flow.first, bound), skew)
            counted.add(flow[:4])
            for known in (bounds,) if flow.kind in arrivals else (bounds, others):
                if far not in known or (reached > known[far] if backward else reached < known[far]):
                    known[far] = reached
                    changed = True
    return bounds, counted


def _moved(moment: int, ms: int) -> int:
    return moment if moment in (FIRST, LAST) else shift(moment, ms)
