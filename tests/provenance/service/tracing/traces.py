"""A small trace for tests of storage."""

from __future__ import annotations

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, EventKey, Node
from provenance.trace.result import Slice, Trace, TraceEdge


def chain(length: int, host: str = "web01") -> Trace:
    """A trace of so many processes, each started by the one before."""
    nodes = {id: Node(id, EntityKind.PROCESS, host, id, {"pid": id, "argv": [str(id)]}) for id in range(1, length + 1)}
    edges = tuple(
        TraceEdge(f"SPAWNED-{id}-{id + 1}", FlowKind.SPAWNED, id, id + 1, id, id, 1, (EventKey(host, id, 1),))
        for id in range(1, length)
    )
    return Trace(Slice(Direction.BACKWARD, (length,), None, dict.fromkeys(nodes, 9), nodes, edges, None), {})
