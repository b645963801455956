"""Directness: how directly the intruder caused what a process did. A program that he started is nearer to him than one that
only reads a file that he wrote."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.labels import paths
from provenance.trace.result import TraceEdge
from provenance.trace.routine import is_routine_file, is_routine_socket

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


def distances(edges: Iterable[TraceEdge], nodes: Mapping[int, Node], starts: Iterable[int]) -> dict[int, float]:
    """The least distance of each node from the starts, along flows. Nodes that no flow reaches have none."""
    known = list(edges)
    called = {(edge.source, edge.target) for edge in known if edge.kind is FlowKind.CONNECTED}
    routine = {id for id, node in nodes.items() if _is_routine(node)}
    onward: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for edge in known:
        if edge.kind is FlowKind.RECEIVED and (edge.target, edge.source) in called:
            far = _ANSWER
        elif edge.source in routine or edge.target in routine:
            far = _THROUGH_ROUTINE
        else:
            far = _DISTANCES.get(edge.kind, _DEFAULT)
        onward[edge.source].append((edge.target, far))
    found: dict[int, float] = {}
    queue = [(0.0, start) for start in starts]
    heapq.heapify(queue)
    while queue:
        far, id = heapq.heappop(queue)
        if id in found:
            continue
        found[id] = far
        for target, more in onward.get(id, ()):
            if target not in found:
                heapq.heappush(queue, (far + more, target))
    return found


def _is_routine(node: Node) -> bool:
    if node.kind is EntityKind.FILE:
        known = paths(node)
        return bool(known) and all(is_routine_file(path) for path in known)
    if node.kind is EntityKind.ENDPOINT:
        return is_routine_socket(str(node.attributes.get("path", "")))
    return False
