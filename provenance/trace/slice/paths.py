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
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.store.interface import Direction
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.slice.clocks import at_target

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


def next_steps(slice_: Slice, connections: Connections | None = None) -> dict[int, Label]:
    """For each entity the shortest path to the start of the trace. `connections` are those of the slice, if they are known."""
    return {node: labels[0] for node, labels in all_steps(slice_, connections).items()}


def all_steps(slice_: Slice, connections: Connections | None = None) -> dict[int, list[Label]]:
    """For each entity the paths to the start of the trace, the shortest first: each longer one has a bound that allows more, or
    leads on by another connection."""
    backward = slice_.direction is Direction.BACKWARD
    connections = connections or Connections(slice_)
    near_edges: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in connections.latest_first(slice_.edges):
        near_edges[edge.target if backward else edge.source].append(edge)
    labels: dict[tuple[int, str], list[Label]] = defaultdict(list)
    found: dict[int, list[Label]] = defaultdict(list)
    order = count()
    waiting = [(0, next(order), node, Label(0, slice_.bounds[node], None, None)) for node in slice_.start]
    while waiting:
        _, _, node, label = heapq.heappop(waiting)
        known = labels[_place(node, label)]
        if not _is_new(known, label, backward):
            continue
        known.append(label)
        found[node].append(label)
        for far, following in _next_labels(slice_, near_edges.get(node, ()), label, backward, connections):
            if _is_new(labels.get(_place(far, following), ()), following, backward):
                heapq.heappush(waiting, (following.length, next(order), far, following))
    return dict(found)


def _place(node: int, label: Label) -> tuple[int, str]:
    """The key under which labels are compared: an entity, or an address and the connection that leads on from it."""
    return node, label.edge.id if label.edge is not None and label.edge.kind is FlowKind.REACHED else ""


class Connections:
    """Which flows of a slice are of one connection, at the addresses that are joined."""

    def __init__(self, slice_: Slice) -> None:
        self._backward = slice_.direction is Direction.BACKWARD
        joins = [edge for edge in slice_.edges if edge.kind is FlowKind.REACHED]
        self.joined = frozenset(end for edge in joins for end in (edge.source, edge.target))
        self._hosts = {end: slice_.nodes[end].host for end in self.joined}
        local = (edge for edge in joins if self.is_local(edge))
        self._openers: dict[tuple[int, int], set[str]] = {(edge.source, ms_of(edge.first)): set() for edge in local}
        """The CONNECTED edges that lead to an address of their own host with an event in the millisecond in which one of its
        joins begins: within a host, connects are paired with accepts in order, or with a doubt."""
        for edge in slice_.edges:
            if edge.kind is FlowKind.CONNECTED and edge.target in self.joined:
                for ms in {event.ms for event in edge.evidence}:
                    if (edge.target, ms) in self._openers:
                        self._openers[edge.target, ms].add(edge.id)

    def latest_first(self, edges: Sequence[TraceEdge]) -> Iterator[TraceEdge]:
        """Edges in their order, but those by which joined connections were accepted from the last to the first: of ways that are
        equal otherwise, that by the last connection is the likeliest."""
        accepted = [edge for edge in edges if edge.kind is FlowKind.ACCEPTED and edge.source in self.joined]
        return (
            accepted.pop() if edge.kind is FlowKind.ACCEPTED and edge.source in self.joined else edge for edge in edges
        )

    def sureness(self, edge: TraceEdge, next_edge: TraceEdge | None) -> float:
        """How sure it is, from 0 to 1, that two flows are of different connections: for those within a host, how much better than
        by chance the connects are paired with the accepts."""
        confidences = [
            join.confidence
            for join in (edge, next_edge)
            if join is not None and join.kind is FlowKind.REACHED and self.is_local(join)
        ]
        return max(2 * min(confidences) - 1, 0.0) if confidences else 1.0

    def is_local(self, join: TraceEdge) -> bool:
        """Whether the two ends of a join are on one host."""
        return self._hosts[join.source] == self._hosts[join.target]

    def is_same(self, edge: TraceEdge, next_edge: TraceEdge | None) -> bool:
        """Whether a flow and the one that the way leads on by can be of one connection."""
        if next_edge is None:
            return True
        if (edge.kind is FlowKind.REACHED) == (next_edge.kind is FlowKind.REACHED):
            return False
        earlier, later = (edge, next_edge) if self._backward else (next_edge, edge)
        if earlier.kind is FlowKind.CONNECTED:  # REACHED begins as the connection does
            if earlier.times == 1:
                return earlier.first == later.first
            openers = self._openers.get((later.source, ms_of(later.first)))
            if openers:
                return earlier.id in openers
        last = earlier.last
        if earlier.kind is FlowKind.REACHED:  # it ends here, and its times are of the other host's clock
            last = at_target(earlier, last)
        return last >= later.first


def _is_new(known: Sequence[Label], label: Label, backward: bool) -> bool:
    """Whether no shorter label (they come in order of length) allows as much."""
    if len(known) >= _KEPT:
        return False
    bound = label.bound
    if backward:
        return not known or max(other.bound for other in known) < bound
    return not known or min(other.bound for other in known) > bound


def _next_labels(
    slice_: Slice, edges: list[TraceEdge] | tuple[()], label: Label, backward: bool, connections: Connections
) -> Iterator[tuple[int, Label]]:
    joined = connections.joined
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
        near = edge.target if backward else edge.source
        if joined and near in joined and not connections.is_same(edge, label.edge):
            step = _NEAR + round((_OTHER_CONNECTION - _NEAR) * connections.sureness(edge, label.edge))
        yield far, Label(label.length + step, bound, edge, label)


def path(steps: Mapping[int, Label], node: int, direction: Direction) -> list[TraceEdge]:
    """The edges from an entity to the start, in that order; `direction` is the slice's."""
    return path_of(steps.get(node))


def path_of(label: Label | None) -> list[TraceEdge]:
    """The edges of a path in the order in which they lead to the start."""
    found: list[TraceEdge] = []
    while label is not None and label.edge is not None:
        found.append(label.edge)
        label = label.next_label
    return found
