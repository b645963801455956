"""The best paths that information could have taken from one entity to another: the fewest steps first, no two alike.

First the runs around the two are read, in layers from the source. Then the paths are followed best-first, each as far as
it leads and as early as it can: leaving a run earlier never does less, so of the runs from one entity to the next the one
that arrives first stands for all. What is not read or followed any further is said.
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
from provenance.trace.between import Way
from provenance.trace.clocks import at_target

_DETOUR = 8
"""Steps that a path may have more than the shortest one."""
_Runs = Mapping[int, Mapping[int, list[Flow]]]


@dataclass(frozen=True, slots=True)
class Room:
    """How much may be read and followed."""

    entities: int = 50_000
    runs: int = 300_000
    steps: int = 64
    followed: int = 100_000


@dataclass(frozen=True, slots=True)
class Ways:
    """Paths, the best first. `whole` is False when there may be more than these that were not looked for."""

    paths: tuple[Way, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Partial:
    """A path so far: where it is, since which moment of the host there, and how it came there."""

    at: int
    moment: int
    by: Flow | None
    before: _Partial | None
    steps: int

    def back(self) -> Iterator[_Partial]:
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
    room: Room | None = None,
) -> Ways:
    """At most `most` paths from `source`, not before `since`, to `target`, not after `until` (moments of their hosts).

    No path meets an entity twice, and no two meet the same entities in the same order. They come in order of their steps,
    those of as many steps as a rule in order of their arrival."""
    room = room or Room()
    runs, everything = _around(store, source, target, since, room)
    left = _steps_left(runs, target)
    leading = {id: {far: ways for far, ways in runs[id].items() if far in left} for id in left if id in runs}
    found: list[Way] = []
    followed = 0
    order = count()
    waiting = [(left[source], since, next(order), _Partial(source, since, None, None, 0))] if source in left else []
    while waiting and len(found) < most and followed < room.followed:
        part = heapq.heappop(waiting)[-1]
        followed += 1
        if part.at == target and part.by is not None:
            found.append(Way(tuple((one.by, one.moment) for one in _in_order(part) if one.by is not None), True))
            continue
        for following in _onward(part, leading.get(part.at, {})):
            if following.at != target or following.moment <= until:
                ahead = following.steps + left[following.at]
                heapq.heappush(waiting, (ahead, following.moment, next(order), following))
    found.sort(key=lambda way: (len(way.runs), way.runs[-1][1]))
    return Ways(tuple(found), len(found) == most or (everything and not waiting))


def _around(store: Store, source: int, target: int, since: int, room: Room) -> tuple[_Runs, bool]:
    """The runs that a path can be made of, by their ends, and whether they are all there is."""
    known, layer = {source: since}, {source: since}
    runs: dict[int, dict[int, list[Flow]]] = {}
    read, last_layer = 0, room.steps
    for number in range(room.steps):
        read += _read(store, layer, runs)
        following = _earlier(layer, runs, known)
        known.update(following)
        if target in following:
            last_layer = min(last_layer, number + _DETOUR)
            del following[target]
        if not following:
            return runs, True
        if len(known) > room.entities or read > room.runs or number >= last_layer:
            break
        layer = following
    return runs, False


def _read(store: Store, layer: Mapping[int, int], runs: dict[int, dict[int, list[Flow]]]) -> int:
    """Read the runs that lead on from a layer; they replace those read before from a later moment. How many they are."""
    runs.update((id, defaultdict(list)) for id in layer)
    read = 0
    for flow in store.expand(Direction.FORWARD, layer):
        if flow.last >= layer[flow.source] and flow.source != flow.target:
            runs[flow.source][flow.target].append(flow)
            read += 1
    return read


def _earlier(layer: Mapping[int, int], runs: _Runs, known: Mapping[int, int]) -> dict[int, int]:
    """The entities that a layer leads to, new or earlier than was known, and when."""
    following: dict[int, int] = {}
    for id, left in layer.items():
        for far, ways in runs[id].items():
            moment = min(_arrival(run, left) for run in ways)
            best = following.get(far, known.get(far))
            if best is None or moment < best:
                following[far] = moment
    return following


def _arrival(flow: Flow, moment: int) -> int:
    """When information that is at a run's source at a moment is at its target."""
    return at_target(flow, max(flow.first, moment))


def _steps_left(runs: _Runs, target: int) -> Mapping[int, int]:
    """For each entity that leads to the target, with how few steps it could, whatever the times."""
    sources: dict[int, list[int]] = defaultdict(list)
    for source, targets in runs.items():
        for far in targets:
            sources[far].append(source)
    left, waiting = {target: 0}, deque([target])
    while waiting:
        at = waiting.popleft()
        for source in sources[at]:
            if source not in left:
                left[source] = left[at] + 1
                waiting.append(source)
    return left


def _onward(part: _Partial, targets: Mapping[int, list[Flow]]) -> Iterator[_Partial]:
    met = {one.at for one in part.back()}
    for target, runs in targets.items():
        if target in met:
            continue
        open_runs = [(_arrival(run, part.moment), run[:4], run) for run in runs if run.last >= part.moment]
        if open_runs:
            moment, _, run = min(open_runs, key=lambda found: found[:2])
            yield _Partial(target, moment, run, part, part.steps + 1)


def _in_order(part: _Partial) -> list[_Partial]:
    return list(part.back())[::-1]
