"""Directness: how directly the intruder caused what a process did. A program that he started is nearer to him than one that
only reads a file that he wrote."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.labels import paths
from provenance.trace.programs.routine import is_routine_file, is_routine_socket
from provenance.trace.result import TraceEdge

_DEFAULT = 0.3
_DISTANCES: Mapping[FlowKind, float] = {
    FlowKind.SPAWNED: 0.0,
    FlowKind.EXECUTED: 0.0,
    FlowKind.LOADED: 0.7,
    FlowKind.READ: 1.5,
    FlowKind.SENT: 1.5,
    FlowKind.RECEIVED: 1.5,
    FlowKind.SIGNALLED: 1.5,
}
"""The distance that a flow of each kind adds. A client that receives a server's answer is far from who changed the server: the
connection was its own."""
_ANSWER = 3.0
"""The distance of what a client gets from an address that it called itself. All clients of a server share the address, so that a
flow from one to the other seems to pass there: what passes goes through the server."""
_THROUGH_ROUTINE = 5.0
"""The distance of a flow through a file or socket that most programs use."""
FAR = 2.5
"""From this distance on, a process does not act for the intruder, as far as the records show."""


class Distances:
    """The least distance of each node from some starts, along flows: `found`. Nodes that no flow reaches have none."""

    def __init__(self, edges: Iterable[TraceEdge], nodes: Mapping[int, Node], starts: Iterable[int]) -> None:
        known = list(edges)
        called = {(edge.source, edge.target) for edge in known if edge.kind is FlowKind.CONNECTED}
        routine = {id for id, node in nodes.items() if is_routine(node)}
        self._onward: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for edge in known:
            if edge.kind is FlowKind.RECEIVED and (edge.target, edge.source) in called:
                far = _ANSWER
            elif edge.source in routine or edge.target in routine:
                far = _THROUGH_ROUTINE
            else:
                far = _DISTANCES.get(edge.kind, _DEFAULT)
            self._onward[edge.source].append((edge.target, far))
        self.found: Mapping[int, float] = self._least({}, [(0.0, start) for start in starts], {})

    def with_starts(self, starts: Iterable[int], births: Iterable[TraceEdge]) -> Mapping[int, float]:
        """The distances with more starts, and with the births of more programs."""
        more: dict[int, list[tuple[int, float]]] = defaultdict(list)
        queue = [(0.0, start) for start in starts]
        for edge in births:
            far = _DISTANCES.get(edge.kind, _DEFAULT)
            more[edge.source].append((edge.target, far))
            if edge.source in self.found:
                queue.append((self.found[edge.source] + far, edge.target))
        return self._least(self.found, queue, more)

    def _least(
        self,
        known: Mapping[int, float],
        queue: list[tuple[float, int]],
        more: Mapping[int, Sequence[tuple[int, float]]],
    ) -> dict[int, float]:
        found = dict(known)
        heapq.heapify(queue)
        while queue:
            far, id = heapq.heappop(queue)
            if id in found and found[id] <= far:
                continue
            found[id] = far
            for target, further in (*self._onward.get(id, ()), *more.get(id, ())):
                if target not in found or far + further < found[target]:
                    heapq.heappush(queue, (far + further, target))
        return found


def is_routine(node: Node) -> bool:
    """Whether a node is a file or socket that most programs use."""
    if node.kind is EntityKind.FILE:
        known = paths(node)
        return bool(known) and all(is_routine_file(path) for path in known)
    if node.kind is EntityKind.ENDPOINT:
        return is_routine_socket(str(node.attributes.get("path", "")))
    return False
