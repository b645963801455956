"""Arrivals: when the peer of the best way in entered, and where the forward walk from there starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provenance.ingest.facts import FlowKind
from provenance.trace.result import Entry, Slice, TraceEdge


def start_of_entry(slice_: Slice, entry: Entry) -> dict[int, int]:
    """The start of the forward walk from a way in: its process, from the moment at which the peer entered."""
    edge = next((edge for edge in slice_.edges if edge.id == entry.edge), None)
    node = edge.target if edge is not None else entry.node
    return {node: entry.moment}


def arrivals(slice_: Slice, ways: Sequence[Entry]) -> list[Entry]:
    """Of the ways in of a backward slice (best first, at least one): those by which the peer of the best one entered the same
    server, in order of time. What the peer did in any of them belongs to the same intrusion."""
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
    """The earliest arrival."""
    return arrivals(slice_, ways)[0]


def start_of_arrivals(slice_: Slice, ways: Sequence[Entry]) -> dict[int, int]:
    """The start of the forward walk from all arrivals: each process that served one, from its first arrival on."""
    start: dict[int, int] = {}
    for arrival in arrivals(slice_, ways):
        for node, moment in start_of_entry(slice_, arrival).items():
            start.setdefault(node, moment)
    return start


def _server(slice_: Slice, parents: Mapping[int, TraceEdge], id: int) -> int:
    """The process that a chain of forked copies comes from: many servers fork a copy for each connection."""
    seen = {id}
    while slice_.nodes[id].attributes.get("forked") and id in parents and parents[id].source not in seen:
        id = parents[id].source
        seen.add(id)
    return id
