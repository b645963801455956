"""The path that explains why an entity is in a slice: flows that follow each other in time, the nearest to the start.

A slice holds each flow that counts for some path. Not every walk over its edges is one: a flow can have begun after the next
one on the walk ended. So entities are labelled with how far they are and with the bound along the way there, as in a search
for shortest paths with time windows: one label is kept besides another when it is further and its bound allows more.

All connections to a recorded host share the node of its address. Information that goes on through one of them came by that
one: labels are kept for each connection, and a flow that cannot belong to the same one counts as a long detour.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple

from provenance.ingest.facts import FlowKind
from provenance.store.interface import Direction
from provenance.trace.clocks import at_target
from provenance.trace.result import Slice, TraceEdge

_KEPT = 16
"""The most labels of one entity; those found first are the nearest."""
_DIRECT = frozenset((FlowKind.SPAWNED, FlowKind.EXECUTED, FlowKind.ACCEPTED, FlowKind.REACHED))
_NEAR, _FAR, _OTHER_CONNECTION = 2, 3, 12
"""The length of a step: one process started another, data was left where any process could find it, or it came by another
connection."""


class Label(NamedTuple):
    """A path from an entity to the start: its length, the bound along it, its first edge (None at the start), and the rest."""

    length: int
    bound: int
    edge: TraceEdge | None
    next_label: Label | None


def next_steps(slice_: Slice) -> dict[int, Label]:
    """For each entity the shortest path to the start of the trace."""
    backward = slice_.direction is Direction.BACKWARD
    near_edges: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in slice_.edges:
        near_edges[edge.target if backward else edge.source].append(edge)
    joined = {end for edge in slice_.edges if edge.kind is FlowKind.REACHED for end in (edge.source, edge.target)}
    labels: dict[tuple[int, str], list[Label]] = defaultdict(list)
    nearest: dict[int, Label] = {}
    order = count()
    waiting = [(0, next(order), node, Label(0, slice_.bounds[node], None, None)) for node in slice_.start]
    while waiting:
        _, _, node, label = heapq.heappop(waiting)
        known = labels[_place(node, label)]
        if not _is_new(known, label, backward):
            continue
        known.append(label)
        nearest.setdefault(node, label)
        for far, following in _next_labels(slice_, near_edges.get(node, ()), label, backward, node in joined):
            if _is_new(labels[_place(far, following)], following, backward):
                heapq.heappush(waiting, (following.length, next(order), far, following))
    return nearest


def _place(node: int, label: Label) -> tuple[int, str]:
    """The key under which labels are compared: an entity, or an address and the connection that leads on from it."""
    return node, label.edge.id if label.edge is not None and label.edge.kind is FlowKind.REACHED else ""


def is_same_connection(edge: TraceEdge, next_edge: TraceEdge | None, backward: bool) -> bool:
    """Whether a flow and the one that the way leads on by can be of one connection, at an address that is joined."""
    if next_edge is None:
        return True
    if (edge.kind is FlowKind.REACHED) == (next_edge.kind is FlowKind.REACHED):
        return False
    earlier, later = (edge, next_edge) if backward else (next_edge, edge)
    if earlier.kind is FlowKind.CONNECTED and earlier.times == 1:  # REACHED begins as the connection does
        return earlier.first == later.first
    last = earlier.last
    if earlier.kind is FlowKind.REACHED:  # it ends here, and its times are of the other host's clock
        last = at_target(earlier, last)
    return last >= later.first


def _is_new(known: list[Label], label: Label, backward: bool) -> bool:
    """Whether no shorter label (they come in order of length) allows as much."""
    if len(known) >= _KEPT:
        return False
    return not any(other.bound >= label.bound if backward else other.bound <= label.bound for other in known)


def _next_labels(
    slice_: Slice, edges: list[TraceEdge] | tuple[()], label: Label, backward: bool, joined: bool
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
        step = _NEAR if edge.kind in _DIRECT else _FAR
        if joined and not is_same_connection(edge, label.edge, backward):
            step = _OTHER_CONNECTION
        yield far, Label(label.length + step, bound, edge, label)


def path(steps: Mapping[int, Label], node: int, direction: Direction) -> list[TraceEdge]:
    """The edges from an entity to the start, in that order; `direction` is the slice's."""
    found: list[TraceEdge] = []
    label = steps.get(node)
    while label is not None and label.edge is not None:
        found.append(label.edge)
        label = label.next_label
    return found
