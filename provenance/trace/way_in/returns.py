"""Returns: when the peer of the best way in came in again after the alert, by the same program of the same host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Selector, Store
from provenance.trace.result import Entry, Slice
from provenance.trace.slice.edges import as_edges
from provenance.trace.way_in.arrivals import program

_MOST_PEERS, _MOST_FLOWS = 200, 20
"""The most connections of the peer that are looked up, and the most flows of each."""


@dataclass(frozen=True, slots=True)
class Returns:
    """The arrivals in order of time, and the backward slice with them, in which they have nodes and edges."""

    entries: tuple[Entry, ...]
    extended: Slice

    def start(self) -> dict[int, int]:
        """The start of the forward walk from them: each process that took one, from the first on."""
        start: dict[int, int] = {}
        targets = {edge.id: edge.target for edge in self.extended.edges}
        for entry in self.entries:
            start.setdefault(targets[entry.edge or ""], entry.moment)
        return start

    def peers(self) -> dict[int, Node]:
        """The peers, by id."""
        return {entry.node: self.extended.nodes[entry.node] for entry in self.entries}


def returns(store: Store, slice_: Slice, ways: Sequence[Entry]) -> Returns:
    """The later arrivals of the peer of the best of the ways in; none if it was contacted, or logged in without a connection.
    Raises StoreError."""
    best = ways[0]
    edge = next((edge for edge in slice_.edges if edge.id == best.edge), None)
    ip = slice_.nodes[best.node].attributes.get("ip")
    if edge is None or edge.kind is not FlowKind.ACCEPTED or not ip:
        return Returns((), slice_)
    gate = slice_.nodes[edge.target]
    wanted = Selector(frozenset((EntityKind.ENDPOINT,)), host=gate.host, remote_ip=str(ip), since=best.moment)
    peers = {node.id: node for node in store.find(wanted, _MOST_PEERS) if node.id not in slice_.nodes}
    flows = [
        flow
        for flow in store.expand(Direction.FORWARD, dict.fromkeys(peers, best.moment), _MOST_FLOWS)
        if flow.kind is FlowKind.ACCEPTED
    ]
    gates = store.nodes({flow.target for flow in flows})
    same = [flow for flow in flows if flow.target in gates and program(gates[flow.target]) == program(gate)]
    nodes = {**slice_.nodes, **{flow.target: gates[flow.target] for flow in same}}
    nodes |= {flow.source: peers[flow.source] for flow in same}
    found = as_edges(same, nodes)
    entries = tuple(Entry(0, edge.source, edge.id, edge.first, 0.0, "", best.ports) for edge in found)
    return Returns(entries, replace(slice_, nodes=nodes, edges=(*slice_.edges, *found)))
