"""When the peer of the most probable way in came, and from where what it did there is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provenance.ingest.facts import FlowKind
from provenance.trace.result import Entry, Slice, TraceEdge


def from_entry(slice_: Slice, entry: Entry) -> dict[int, int]:
    """Where the forward walk from a way in begins: its process, from the moment at which it came in."""
    edge = next((edge for edge in slice_.edges if edge.id == entry.edge), None)
    node = edge.target if edge is not None else entry.node
    return {node: entry.moment}


def arrivals(slice_: Slice, ways: Sequence[Entry]) -> list[Entry]:
    """Of the ways in that a backward slice has (best first, at least one): those at which the peer of the best one came
    to the same server, in order of time. What it did at the others belongs to it."""
    best = ways[0]
    edges = {edge.id: edge for edge in slice_.edges}
    gate = edges.get(best.edge or "")
    if gate is None:
        return [best]
    parents = {edge.target: edge for edge in slice_.edges if edge.kind is FlowKind.SPAWNED}
    server, ip = _server(slice_, parents, gate.target), slice_.nodes[best.node].attributes.get("ip")
    same = [
        way
        for way in ways
        if way.edge in edges
        and slice_.nodes[way.node].attributes.get("ip") == ip
        and _server(slice_, parents, edges[way.edge].target) == server
    ]
    return sorted(same, key=lambda way: way.moment)


def first_arrival(slice_: Slice, ways: Sequence[Entry]) -> Entry:
    """The first of the arrivals."""
    return arrivals(slice_, ways)[0]


def from_arrivals(slice_: Slice, ways: Sequence[Entry]) -> dict[int, int]:
    """Where the forward walk from all arrivals begins: each process that served one, from its first one on."""
    start: dict[int, int] = {}
    for arrival in arrivals(slice_, ways):
        for node, moment in from_entry(slice_, arrival).items():
            start.setdefault(node, moment)
    return start


def _server(slice_: Slice, parents: Mapping[int, TraceEdge], id: int) -> int:
    """The program that a process is a copy of: many servers fork one for each connection."""
    seen = {id}
    while slice_.nodes[id].attributes.get("forked") and id in parents and parents[id].source not in seen:
        id = parents[id].source
        seen.add(id)
    return id
