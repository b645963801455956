"""A digest of what a store holds, the same for the same graph in every store.

Each item's BLAKE2b of its canonical form is added up modulo 2^256, so that items may come in any order and two stores
are compared without sorting either. Raw lines, counters and checkpoints are not part of the graph.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from provenance.ingest.clock import FIRST, LAST
from provenance.store.interface import Node, Store

_SIZE = 32
_ENCODE = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def digest(store: Store) -> str:
    """The digest of all nodes with their names, runs, connections, notes and blind intervals, as hexadecimal."""
    with store.snapshot():
        total = _sum("node", map(_node, store.all_nodes()))
        total += _sum("flow", ((*flow[:6], flow.evidence.hex(), flow.open, flow.detail) for flow in store.all_flows()))
        total += _sum("connection", store.connections())
        for host in store.hosts():
            total += _sum(f"note {host.host}", store.notes(host.host, FIRST, LAST))
        total += _sum("blind", store.blinds())
    return (total % (1 << 8 * _SIZE)).to_bytes(_SIZE, "big").hex()


def _node(node: Node) -> tuple[Any, ...]:
    names = sorted(tuple(name[1:]) for name in node.names)
    return node.id, int(node.kind), node.host, node.first, dict(node.attributes), names


def _sum(what: str, items: Iterable[tuple[Any, ...]]) -> int:
    person = blake2b(what.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return sum(
        int.from_bytes(blake2b(_ENCODE(item).encode("ascii"), digest_size=_SIZE, person=person).digest(), "big")
        for item in items
    )
