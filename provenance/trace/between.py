"""The way that information could have taken from one entity to another: the fewest runs, each after the one before.

A path through a slice need not respect time: each of its flows counts for some way through it, not for every one. Here
the runs are walked forwards in layers: after n steps an entity holds the earliest moment at which information could have
come there in at most n steps, and only an entity whose moment has become earlier is walked on from. The first layer that
holds the target gives a path with the fewest steps, and of those one that arrives first. Exact for any runs; a proof is
by induction over the layers, for an earlier arrival can never do less.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Flow
from provenance.store.interface import Direction, Store
from provenance.trace.clocks import at_target


@dataclass(frozen=True, slots=True)
class Arrival:
    """How and when information came to an entity (a moment of the entity's host)."""

    moment: int
    by: Flow | None
    before: Arrival | None


@dataclass(frozen=True, slots=True)
class Way:
    """The runs of a path in order with the moments at which information has passed each; none when there is no path.
    `whole` is False when the search was given up after too many entities: then no path only means that none was found."""

    runs: tuple[tuple[Flow, int], ...]
    whole: bool


def between(
    store: Store,
    source: int,
    target: int,
    since: int = FIRST,
    until: int = LAST,
    entities: int = 50_000,
    steps: int = 64,
) -> Way:
    """The shortest path from `source`, not before `since`, to `target`, not after `until` (moments of their hosts)."""
    known = {source: Arrival(since, None, None)}
    layer = dict(known)
    for _ in range(steps):
        if not layer:
            return Way((), True)
        if len(known) > entities:
            return Way((), False)
        layer = _next(store, layer, known)
        found = layer.get(target)
        if found is not None and found.moment <= until:
            return Way(tuple(_unrolled(found)), True)
        known.update(layer)
    return Way((), not layer)


def _next(store: Store, layer: dict[int, Arrival], known: dict[int, Arrival]) -> dict[int, Arrival]:
    following: dict[int, Arrival] = {}
    for flow in store.expand(Direction.FORWARD, {id: arrival.moment for id, arrival in layer.items()}):
        before = layer[flow.source]
        if flow.last < before.moment:
            continue
        moment = at_target(flow, max(flow.first, before.moment))
        best = following.get(flow.target) or known.get(flow.target)
        if best is None or moment < best.moment:
            following[flow.target] = Arrival(moment, flow, before)
    return following


def _unrolled(arrival: Arrival) -> list[tuple[Flow, int]]:
    found: list[tuple[Flow, int]] = []
    at: Arrival | None = arrival
    while at is not None and at.by is not None:
        found.append((at.by, at.moment))
        at = at.before
    return found[::-1]
