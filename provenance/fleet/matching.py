"""Matching: pairs connects with accepts one to one, nearest first, when addresses and port agree."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from provenance.fleet.clocks import TICK_MS

LATE_MS = 10_000
"""A listener with a full queue accepts late."""
EARLY_MS = 10_000
"""An accept that blocks on a quiet host is recorded before the connection it returns."""


class Match(NamedTuple):
    """The indexes of a connect and an accept, and accept minus connect in ms by the corrected clocks."""

    opened: int
    accepted: int
    ms: int


class _FreePositions:
    """Finds the nearest free index at or after (or before) an index, in nearly constant time."""

    def __init__(self, size: int) -> None:
        self.after = list(range(size + 1))
        self.before = list(range(size + 1))

    def take(self, place: int) -> None:
        self.after[place] = place + 1
        self.before[place + 1] = place

    def at_or_after(self, place: int) -> int:
        return _root(self.after, place)

    def before_place(self, place: int) -> int:
        """The nearest free index before `place`, plus one; 0 when there is none."""
        return _root(self.before, place)


def _root(parents: list[int], place: int) -> int:
    root = place
    while parents[root] != root:
        root = parents[root]
    while parents[place] != root:
        parents[place], place = root, parents[place]
    return root


def cost(ms: int) -> int:
    """The cost of a distance: that of an accept before its connect counts twice."""
    return ms if ms >= 0 else -2 * ms if ms < -TICK_MS else -ms


def nearest(opened: Sequence[int], accepted: Sequence[int]) -> list[Match]:
    """Pair connects with accepts (sorted, corrected ms), the nearest pair first, each at most once."""
    free = _FreePositions(len(opened))
    starts = [bisect_left(opened, time + 1) for time in accepted]
    heap: list[tuple[int, int, int]] = []

    def offer(accept: int) -> None:
        time, start = accepted[accept], starts[accept]
        best: tuple[int, int, int] | None = None
        before = free.before_place(start) - 1
        if before >= 0 and time - opened[before] <= LATE_MS:
            best = cost(time - opened[before]), accept, before
        after = free.at_or_after(start)
        if after < len(opened) and opened[after] - time <= EARLY_MS:
            other = cost(time - opened[after]), accept, after
            best = other if best is None or other < best else best
        if best is not None:
            heapq.heappush(heap, best)

    for accept in range(len(accepted)):
        offer(accept)
    found = []
    taken: set[int] = set()
    while heap:
        _, accept, connect = heapq.heappop(heap)
        if connect in taken:
            offer(accept)
            continue
        taken.add(connect)
        free.take(connect)
        found.append(Match(connect, accept, accepted[accept] - opened[connect]))
    return found
