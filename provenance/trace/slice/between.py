"""The shortest path that information could have taken from one entity to another: the fewest runs, in order of time.

A path through a slice need not respect time: each of its flows counts for some path, not for every one. Here the runs are
walked forwards in layers: after n steps an entity holds the earliest moment at which information could have arrived there
in at most n steps, and only an entity whose moment has become earlier is expanded again. The first layer that
holds the target gives a path with the fewest steps, and of those one that arrives first. Exact for any runs, by
induction over the layers: an earlier arrival can reach everything that a later one can.

A path through a peer outside the recorded hosts (`provenance.trace.slice.outsiders`) is searched only when there is no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Flow
from provenance.store.interface import Direction, Store
from provenance.trace.slice.clocks import at_target
from provenance.trace.slice.outsiders import SENT_TO, Outsiders


@dataclass(frozen=True, slots=True)
class Arrival:
    """When information arrived at an entity (a moment of the entity's host), by which run, and the arrival before it."""

    moment: int
    by: Flow | None
    before: Arrival | None


@dataclass(frozen=True, slots=True)
class Way:
    """The runs of a path in order, each with the moment at which information has passed it; empty when no path was found.
    `complete` is False when a limit ended the search, so that there may be a path that was not found. `through_peer` is
    True for a path that leads through a peer outside the recorded hosts as if it passed information on."""

    runs: tuple[tuple[Flow, int], ...]
    complete: bool
    through_peer: bool = False


def between(
    store: Store,
    source: int,
    target: int,
    since: int = FIRST,
    until: int = LAST,
    entities: int = 50_000,
    steps: int = 64,
) -> Way:
    """The shortest path from `source`, not before `since`, to `target`, not after `until` (moments of their hosts); one
    through a peer outside the recorded hosts only when there is no other."""
    outsiders = Outsiders(store)
    for through_peer in (False, True):
        search = _Search(store, outsiders, through_peer)
        way = search.way(source, target, since, until, entities, steps)
        if way.runs or not search.avoided:
            break
    return way


_Place = tuple[int, bool]
"""An entity, and whether it was sent to: what a program sent to a peer does not go on as if the peer had sent it."""


class _Search:
    """One search in layers; `avoided` says whether it left out a path through a peer."""

    def __init__(self, store: Store, outsiders: Outsiders, through_peer: bool) -> None:
        self._store = store
        self._outsiders = outsiders
        self._through_peer = through_peer
        self.avoided = False

    def way(self, source: int, target: int, since: int, until: int, entities: int, steps: int) -> Way:
        """The shortest path within the limits."""
        known: dict[_Place, Arrival] = {(source, False): Arrival(since, None, None)}
        layer = dict(known)
        for _ in range(steps):
            if not layer:
                return Way((), True)
            if len(known) > entities:
                return Way((), False)
            layer = self._next(layer, known)
            found = [layer[place] for place in ((target, False), (target, True)) if place in layer]
            found = [arrival for arrival in found if arrival.moment <= until]
            if found:
                best = min(found, key=lambda arrival: arrival.moment)
                runs = tuple(_path_to(best))
                return Way(runs, True, self._outsiders.on_path([run for run, _ in runs]))
            known.update(layer)
        return Way((), not layer)

    def _next(self, layer: dict[_Place, Arrival], known: dict[_Place, Arrival]) -> dict[_Place, Arrival]:
        following: dict[_Place, Arrival] = {}
        self._outsiders.look_up(id for id, was_sent_to in layer if was_sent_to)
        frontier: dict[int, int] = {}
        for (id, _), arrival in layer.items():
            frontier[id] = min(arrival.moment, frontier.get(id, arrival.moment))
        for flow in self._store.expand(Direction.FORWARD, frontier):
            for before in self._departures(flow, layer):
                moment = at_target(flow, max(flow.first, before.moment))
                place = flow.target, flow.kind in SENT_TO
                best = following.get(place) or known.get(place)
                if best is None or moment < best.moment:
                    following[place] = Arrival(moment, flow, before)
        return following

    def _departures(self, flow: Flow, layer: dict[_Place, Arrival]) -> Iterator[Arrival]:
        """The arrivals at the source of a run that can go on by it."""
        for was_sent_to in (False, True):
            before = layer.get((flow.source, was_sent_to))
            if before is not None and flow.last >= before.moment:
                if was_sent_to and self._outsiders.ends(before.by, flow):
                    continue
                if was_sent_to and not self._through_peer and self._outsiders.passes_on(before.by, flow):
                    self.avoided = True
                else:
                    yield before


def _path_to(arrival: Arrival) -> list[tuple[Flow, int]]:
    found: list[tuple[Flow, int]] = []
    at: Arrival | None = arrival
    while at is not None and at.by is not None:
        found.append((at.by, at.moment))
        at = at.before
    return found[::-1]
