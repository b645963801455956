"""Peers, and what they pass on. That one program sent something to a peer and another one received something from it does not
say that the peer passed it on: no path should lead through a peer outside the recorded hosts, and none leads through one that
is reached by datagrams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node, Store
from provenance.text.addresses import may_be_another_machine
from provenance.trace.slice.datagrams import is_datagram_peer

SENT_TO = frozenset((FlowKind.CONNECTED, FlowKind.SENT))
"""What a process sends to an endpoint."""
RECEIVED_FROM = frozenset((FlowKind.ACCEPTED, FlowKind.RECEIVED))
"""What a process receives from an endpoint."""


class Outsiders:
    """Which endpoints of a store are addresses of other machines. A connection to a recorded host goes on by a REACHED flow."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, bool] = {}
        self._datagrams: set[int] = set()

    def look_up(self, ids: Iterable[int]) -> None:
        """Read the entities that are not known yet, all at once. Raises StoreError."""
        missing = set(ids) - self._known.keys()
        if missing:
            nodes = self._store.nodes(missing)
            self._known.update((id, id in nodes and _is_outside(nodes[id])) for id in missing)
            self._datagrams.update(id for id, node in nodes.items() if is_datagram_peer(node))

    def is_datagram(self, id: int) -> bool:
        """Whether an entity, which was looked up, is a peer that is reached by datagrams."""
        return id in self._datagrams

    def ends(self, before: Flow | None, flow: Flow) -> bool:
        """Whether nothing continues by `flow` after `before`: what a program sent in datagrams is not what another got from
        the same peer, which was looked up."""
        return (
            before is not None
            and before.kind in SENT_TO
            and flow.kind in RECEIVED_FROM
            and flow.source in self._datagrams
        )

    def passes_on(self, before: Flow | None, flow: Flow) -> bool:
        """Whether a path that continues by `flow` after `before` would lead through such a peer, which was looked up."""
        return (
            before is not None
            and before.kind in SENT_TO
            and flow.kind in RECEIVED_FROM
            and self._known.get(flow.source, False)
        )

    def on_path(self, runs: Sequence[Flow]) -> bool:
        """Whether a path leads through such a peer. Raises StoreError."""
        self.look_up(run.target for run in runs if run.kind in SENT_TO)
        return any(self.passes_on(before, run) for before, run in pairwise(runs))


def _is_outside(node: Node) -> bool:
    """Whether an entity is an endpoint with an address of another machine. A name that is no address can be one."""
    if node.kind is not EntityKind.ENDPOINT or not node.attributes.get("ip"):
        return False
    return may_be_another_machine(str(node.attributes["ip"]))
