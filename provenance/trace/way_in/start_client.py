"""Start client: whose work a forward trace starts with, so that its story leaves out what the same servers did for other clients.

A forward trace has no way in. A short backward walk from its start gives the likeliest one, and the servers that it leads
through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from provenance.ingest.facts import LINEAGE
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Store
from provenance.trace.limits.address_owners import AddressOwners
from provenance.trace.result import Entry, Slice
from provenance.trace.slice.budget import Budget
from provenance.trace.slice.paths import next_steps, path
from provenance.trace.slice.walk import walk
from provenance.trace.way_in.arrivals import start_of_arrivals
from provenance.trace.way_in.entries import entries
from provenance.trace.way_in.other_clients import OtherClients, run_for_others
from provenance.trace.way_in.ranking import SIMILAR, odds
from provenance.trace.way_in.reach import within_reach

_BUDGET = Budget(nodes=5_000, edges=50_000)
"""The limits of the backward walk: it only looks for what began the start, and a long trace need not be walked twice."""


def run_for_other_clients(
    store: Store, forward: Slice, owners: AddressOwners, skews: Mapping[str, int]
) -> OtherClients:
    """The processes of a forward slice that servers began for other clients than the one for whom they likely began the start
    (none if no client is known), and those that the start only shares something with. Raises StoreError."""
    start = {id: max(forward.bounds[id], forward.nodes[id].first) for id in forward.start if id in forward.nodes}
    backward = walk(store, Direction.BACKWARD, start, None, _BUDGET)
    ways = entries(backward, owners)
    first, *rivals = _clients(backward, ways) or ("",)
    if not first:
        return OtherClients(users=_users(forward))
    route = path(next_steps(backward), ways[0].node, Direction.BACKWARD)
    on_path = {end for edge in route for end in (edge.source, edge.target)} | set(start)
    others = run_for_others(store, _with_gates(forward, backward, ways), first, on_path, skews, rivals)
    return others._replace(users=_users(forward))


def _users(forward: Slice) -> frozenset[int]:
    """The processes of a forward slice that its start does not reach but through what others use too."""
    starts = {id: forward.bounds[id] for id in forward.start if id in forward.nodes}
    reached = within_reach(forward.edges, forward.nodes, starts)
    return frozenset(id for id, node in forward.nodes.items() if node.kind is EntityKind.PROCESS and id not in reached)


def _clients(backward: Slice, ways: Sequence[Entry]) -> list[str]:
    """The address of the best way in, then those that are about as likely; empty if the best has none."""
    similar = [way for way in ways if odds(ways[0].score, way.score) < SIMILAR]
    ips = [str(backward.nodes[way.node].attributes.get("ip") or "") for way in similar]
    return list(dict.fromkeys(ip for ip in ips if ip)) if ips and ips[0] else []


def _with_gates(forward: Slice, backward: Slice, ways: Sequence[Entry]) -> Slice:
    """The forward slice as if it started from the servers that the best way in leads through, with what these began."""
    gates = start_of_arrivals(backward, ways)
    lineage = sorted((edge for edge in backward.edges if edge.kind in LINEAGE), key=lambda edge: edge.first)
    ids = set(gates)
    for edge in lineage:
        if edge.source in ids and edge.first >= gates.get(edge.source, edge.first):
            ids.add(edge.target)
    below = [edge for edge in lineage if edge.source in ids and edge.target in ids]
    return replace(
        forward,
        start=tuple(gates),
        bounds={**forward.bounds, **gates},
        nodes={**{id: backward.nodes[id] for id in ids}, **forward.nodes},
        edges=tuple({edge.id: edge for edge in (*below, *forward.edges)}.values()),
    )
