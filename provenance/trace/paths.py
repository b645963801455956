"""The path that explains why an entity is in a slice: the flows through which its bound came about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from provenance.store.interface import Direction
from provenance.trace.result import Slice, TraceEdge


def next_steps(slice_: Slice) -> dict[int, TraceEdge]:
    """For each entity but the start, the edge to follow towards the start: fewest edges first, found from the start."""
    backward = slice_.direction is Direction.BACKWARD
    by_near: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in slice_.edges:
        by_near[edge.target if backward else edge.source].append(edge)
    steps: dict[int, TraceEdge] = {}
    level = list(slice_.start)
    seen = set(level)
    while level:
        following: list[int] = []
        for near in level:
            for edge in by_near.get(near, ()):
                far = edge.source if backward else edge.target
                if far not in seen:
                    seen.add(far)
                    steps[far] = edge
                    following.append(far)
        level = following
    return steps


def path(steps: Mapping[int, TraceEdge], node: int, direction: Direction) -> list[TraceEdge]:
    """The edges from an entity to the start, in that order."""
    found: list[TraceEdge] = []
    while node in steps:
        edge = steps[node]
        found.append(edge)
        node = edge.target if direction is Direction.BACKWARD else edge.source
    return found
