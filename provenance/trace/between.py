"""The shortest path that information could have taken from one entity to another: the fewest runs, in order of time.

A path through a slice need not respect time: each of its flows counts for some path, not for every one. Here the runs are
walked forwards in layers: after n steps an entity holds the earliest moment at which information could have arrived there
in at most n steps, and only an entity whose moment has become earlier is expanded again. The first layer that
holds the target gives a path with the fewest steps, and of those one that arrives first. Exact for any runs, by
induction over the layers: an earlier arrival can reach everything that a later one can.
"""

from __future__ import annotations

from dataclasses import dataclass

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Flow
from provenance.store.interface import Direction, Store
from provenance.trace.clocks import at_target


@dataclass(frozen=True, slots=True)
class Arrival:
    """When information arrived at an entity (a moment of the entity's host), by which run, and the arrival before it."""

    moment: int
    by: Flow | None
    before: Arrival | None


@dataclass(frozen=True, slots=True)
class Way:
    """The runs of a path in order, each with the moment at which information has passed it; empty when no path was found.
    `complete` is False when a limit ended the search, so that there may be a path that was not found."""

    runs: tuple[tuple[Flow, int], ...]
    complete: bool


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
            return Way(tuple(_path_to(found)), True)
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


def _path_to(arrival: Arrival) -> list[tuple[Flow, int]]:
    found: list[tuple[Flow, int]] = []
    at: Arrival | None = arrival
    while at is not None and at.by is not None:
        found.append((at.by, at.moment))
        at = at.before
    return found[::-1]
