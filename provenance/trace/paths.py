"""The path that explains why an entity is in a slice: flows that follow each other in time, the nearest to the start.

A slice holds each flow that counts for some path. Not every walk over its edges is one: a flow can have begun after the next
one on the walk ended. So entities are labelled with how far they are and with the bound along the way there, as in a search
for shortest paths with time windows: one label is kept besides another when it is further and its bound allows more.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple

from ingest.facts import FlowKind
from provenance.store.interface import Direction
from provenance.trace.result import Slice, TraceEdge

_KEPT = 16
"""Labels of one entity at most; those that are found first are the nearest."""
_DIRECT = frozenset((FlowKind.SPAWNED, FlowKind.EXECUTED, FlowKind.ACCEPTED, FlowKind.REACHED))
_NEAR, _FAR = 2, 3
"""What a step counts: one process made another, or data was left somewhere where anybody might have found it."""


class Label(NamedTuple):
    """A way from an entity to the start: its length, the bound along it, and its first edge, None at the start."""

    length: int
    bound: int
    edge: TraceEdge | None
    then: Label | None


def next_steps(slice_: Slice) -> dict[int, Label]:
    """For each entity the shortest way to the start."""
    backward = slice_.direction is Direction.BACKWARD
    near_edges: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in slice_.edges:
        near_edges[edge.target if backward else edge.source].append(edge)
    labels: dict[int, list[Label]] = defaultdict(list)
    order = count()
    waiting = [(0, next(order), node, Label(0, slice_.bounds[node], None, None)) for node in slice_.start]
    while waiting:
        _, _, node, label = heapq.heappop(waiting)
        if not _is_new(labels[node], label, backward):
            continue
        labels[node].append(label)
        for far, following in _onward(slice_, near_edges.get(node, ()), label, backward):
            if _is_new(labels[far], following, backward):
                heapq.heappush(waiting, (following.length, next(order), far, following))
    return {node: found[0] for node, found in labels.items() if found}


def _is_new(known: list[Label], label: Label, backward: bool) -> bool:
    """Whether no label that is as near (they come in order of length) allows as much."""
    if len(known) >= _KEPT:
        return False
    return not any(other.bound >= label.bound if backward else other.bound <= label.bound for other in known)


def _onward(
    slice_: Slice, edges: list[TraceEdge] | tuple[()], label: Label, backward: bool
) -> Iterator[tuple[int, Label]]:
    for edge in edges:
        far = edge.source if backward else edge.target
        if edge.kind is FlowKind.REACHED:
            bound = slice_.bounds[far]  # of the other host's clock: the walk has shifted it
        elif backward:
            if edge.first > label.bound:
                continue
            bound = min(edge.last, label.bound)
        else:
            if edge.last < label.bound:
                continue
            bound = max(edge.first, label.bound)
        yield far, Label(label.length + (_NEAR if edge.kind in _DIRECT else _FAR), bound, edge, label)


def path(steps: Mapping[int, Label], node: int, direction: Direction) -> list[TraceEdge]:
    """The edges from an entity to the start, in that order; `direction` is the slice's."""
    found: list[TraceEdge] = []
    label = steps.get(node)
    while label is not None and label.edge is not None:
        found.append(label.edge)
        label = label.then
    return found
