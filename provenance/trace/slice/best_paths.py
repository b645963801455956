"""The best paths that information could have taken from one entity to another: fewest steps first, all different.

First the runs around the two entities are read, in layers from the source. Then the paths are followed best-first. An earlier
arrival can reach everything that a later one can, so of several runs from one entity to the next, the one that arrives first
is followed. Paths through peers outside the recorded hosts (`provenance.trace.slice.outsiders`) come last. The result says
whether limits ended the search.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Flow
from provenance.store.interface import Direction, Store
from provenance.trace.slice.between import Way
from provenance.trace.slice.clocks import at_target
from provenance.trace.slice.outsiders import RECEIVED_FROM, Outsiders

_DETOUR = 8
"""How many more steps a path may have than the shortest one."""
_Runs = Mapping[int, Mapping[int, list[Flow]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a search: entities and runs read, steps of a path, partial paths followed."""

    entities: int = 50_000
    runs: int = 300_000
    steps: int = 64
    followed: int = 100_000


@dataclass(frozen=True, slots=True)
class Ways:
    """Paths, the best first. `complete` is False when a limit ended the search, so that there may be more paths."""

    paths: tuple[Way, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _Partial:
    """A partial path: the entity it has reached, the moment of arrival (on that entity's host), the last run, the path
    before, its steps, and how many peers outside the recorded hosts it leads through."""

    at: int
    moment: int
    by: Flow | None
    before: _Partial | None
    steps: int
    peers: int = 0

    def backwards(self) -> Iterator[_Partial]:
        part: _Partial | None = self
        while part is not None:
            yield part
            part = part.before


def best_paths(
    store: Store,
    source: int,
    target: int,
    most: int,
    since: int = FIRST,
    until: int = LAST,
    limits: Limits | None = None,
) -> Ways:
    """At most `most` paths from `source`, not before `since`, to `target`, not after `until` (moments of their hosts).

    No path visits an entity twice, and no two visit the same entities in the same order. They are ordered by the number of
    peers outside the recorded hosts that they lead through, then by their number of steps, then by arrival."""
    limits = limits or Limits()
    runs, read_all = _runs_around(store, source, target, since, limits)
    steps_left = _steps_left(runs, target)
    useful = {id: {far: ways for far, ways in runs[id].items() if far in steps_left} for id in steps_left if id in runs}
    outsiders = Outsiders(store)
    outsiders.look_up(_endpoints(useful))
    found: list[tuple[int, Way]] = []
    followed = 0
    order = count()
    waiting = (
        [(0, steps_left[source], since, next(order), _Partial(source, since, None, None, 0))]
        if source in steps_left
        else []
    )
    while waiting and len(found) < most and followed < limits.followed:
        part = heapq.heappop(waiting)[-1]
        followed += 1
        if part.at == target and part.by is not None:
            runs_of = tuple((one.by, one.moment) for one in _in_order(part) if one.by is not None)
            found.append((part.peers, Way(runs_of, True, part.peers > 0)))
            continue
        for following in _next_steps(part, useful.get(part.at, {}), outsiders):
            if following.at != target or following.moment <= until:
                ahead = following.steps + steps_left[following.at]
                heapq.heappush(waiting, (following.peers, ahead, following.moment, next(order), following))
    found.sort(key=lambda one: (one[0], len(one[1].runs), one[1].runs[-1][1]))
    return Ways(tuple(way for _, way in found), len(found) == most or (read_all and not waiting))


def _endpoints(runs: _Runs) -> Iterator[int]:
    """The entities that something was received from."""
    for id, targets in runs.items():
        if any(run.kind in RECEIVED_FROM for ways in targets.values() for run in ways):
            yield id


def _runs_around(store: Store, source: int, target: int, since: int, limits: Limits) -> tuple[_Runs, bool]:
    """The runs that a path can use, by source and target, and whether all of them were read."""
    known, layer = {source: since}, {source: since}
    runs: dict[int, dict[int, list[Flow]]] = {}
    read, last_layer = 0, limits.steps
    for number in range(limits.steps):
        read += _read(store, layer, runs)
        following = _earlier(layer, runs, known)
        known.update(following)
        if target in following:
            last_layer = min(last_layer, number + _DETOUR)
            del following[target]
        if not following:
            return runs, True
        if len(known) > limits.entities or read > limits.runs or number >= last_layer:
            break
        layer = following
    return runs, False


def _read(store: Store, layer: Mapping[int, int], runs: dict[int, dict[int, list[Flow]]]) -> int:
    """Read the runs out of a layer, in place of those read before from a later moment, and return their number."""
    runs.update((id, defaultdict(list)) for id in layer)
    read = 0
    for flow in store.expand(Direction.FORWARD, layer):
        if flow.last >= layer[flow.source] and flow.source != flow.target:
            runs[flow.source][flow.target].append(flow)
            read += 1
    return read


def _earlier(layer: Mapping[int, int], runs: _Runs, known: Mapping[int, int]) -> dict[int, int]:
    """The entities that a layer leads to for the first time, or earlier than before, with the moment of arrival."""
    following: dict[int, int] = {}
    for id, departure in layer.items():
        for far, ways in runs[id].items():
            moment = min(_arrival(run, departure) for run in ways)
            best = following.get(far, known.get(far))
            if best is None or moment < best:
                following[far] = moment
    return following


def _arrival(flow: Flow, moment: int) -> int:
    """The moment at which information arrives at the target of a run that it can enter at `moment`."""
    return at_target(flow, max(flow.first, moment))


def _steps_left(runs: _Runs, target: int) -> Mapping[int, int]:
    """For each entity that leads to the target, the fewest steps to it, regardless of time."""
    sources: dict[int, list[int]] = defaultdict(list)
    for source, targets in runs.items():
        for far in targets:
            sources[far].append(source)
    steps_left, waiting = {target: 0}, deque([target])
    while waiting:
        at = waiting.popleft()
        for source in sources[at]:
            if source not in steps_left:
                steps_left[source] = steps_left[at] + 1
                waiting.append(source)
    return steps_left


def _next_steps(part: _Partial, targets: Mapping[int, list[Flow]], outsiders: Outsiders) -> Iterator[_Partial]:
    met = {one.at for one in part.backwards()}
    for target, runs in targets.items():
        if target in met:
            continue
        open_runs = [
            (_arrival(run, part.moment), run[:4], run)
            for run in runs
            if run.last >= part.moment and not outsiders.ends(part.by, run)
        ]
        if open_runs:
            moment, _, run = min(open_runs, key=lambda found: found[:2])
            peers = part.peers + outsiders.passes_on(part.by, run)
            yield _Partial(target, moment, run, part, part.steps + 1, peers)


def _in_order(part: _Partial) -> list[_Partial]:
    return list(part.backwards())[::-1]
