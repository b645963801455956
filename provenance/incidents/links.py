"""The ties of an alert: names of its causes, which connect it to other alerts with the same causes.

The backward slice is walked again from the anchor, flow by flow and never against time, but not through hubs
(`provenance.incidents.hubs`). Two alerts that have a process as a common cause belong together: one is the cause of the other,
or both are effects of that process. The tie is the topmost process of the cause's lineage that is not a hub. Alerts that share
the process share its topmost ancestor, and an alert with ten thousand causes has a handful of ties.

Through a hub, the walk follows only what belongs to the alert:

- Through a service: the last connection that it accepted before it started what led to the alert, if it accepted it within
  `ANSWERED_MS`. This arrival, the peer's address at this service (all processes of its lineage that run its program), is a tie
  itself: the connections of one attacker to a service make one incident, those of another peer to the same service another
  incident. Where the peer is a recorded host, the arrival is not a tie, and the walk continues at the other end of the
  connection. Where a pipe or a file leads to the service, the time is when the service opened it, because later it may have
  served another client.
- Through any process that is a hub: its ancestors, only to find the arrival that explains it. They are not ties.
- Through an endpoint that many processes send to, and from a shared file that an alert is about: the last sender or writer.

A file that no process wrote has no cause and gives no tie. A peer outside the recorded hosts passes nothing on: what one
process sent to it is not taken for the cause of what another process received from it. Clients behind an unrecorded proxy
share one address; analysts can separate them (`provenance.incidents.decisions`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.store.interface import Node
from provenance.text.addresses import is_loopback
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.slice.clocks import at_source

ANSWERED_MS = 30_000
"""How long after it accepted a connection a service's action can still be the answer to it."""
MOST = 200
"""The most ties of one alert. An incident held together by hundreds of separate lineages could not be understood."""


def links(slice_: Slice, hubs: frozenset[int]) -> tuple[str, ...]:
    """The ties of the alert with this backward slice, in order. Two alerts with a common tie belong together. `hubs` are the
    hubs among `suspects(slice_)`. If there are more than `MOST`, arrivals go first, then those nearest to the alert."""
    causes = _Causes(slice_, hubs)
    causes.find()
    return tuple(sorted([*causes.arrivals, *causes.lineages()][:MOST]))


def suspects(slice_: Slice) -> dict[int, Node]:
    """The entities of a slice that the walk can pass through, which are hubs or not; the others have no incoming flow."""
    ids = {edge.target for edge in slice_.edges} | set(slice_.start)
    ids |= {id for id, node in slice_.nodes.items() if node.kind is EntityKind.PROCESS}
    return {id: slice_.nodes[id] for id in ids if id in slice_.nodes}


class _Place(NamedTuple):
    """A position of the walk. `all_causes`: every incoming flow is followed, not only the start of the process. `senders`:
    for an endpoint, whether processes of its host that sent to it are followed."""

    node: int
    all_causes: bool = True
    senders: bool = False


class _Causes:
    def __init__(self, slice_: Slice, hubs: frozenset[int]) -> None:
        self._slice = slice_
        self._nodes = slice_.nodes
        self._hubs = hubs
        self._into: dict[int, list[TraceEdge]] = defaultdict(list)
        for edge in slice_.edges:
            self._into[edge.target].append(edge)
        self._accepted = {id: _arrivals(edges) for id, edges in self._into.items()}
        self._joined = {edge.target for edge in slice_.edges if edge.kind is FlowKind.REACHED}
        self._members: dict[int, None] = {}
        self.arrivals: dict[str, None] = {}

    def find(self) -> None:
        """Walks through the slice, the nearest entities first."""
        waiting = deque(
            (_Place(id, senders=True), self._slice.bounds.get(id, LAST))
            for id in self._slice.start
            if id in self._nodes
        )
        best: dict[_Place, int] = {}
        at_hubs: set[tuple[_Place, int]] = set()
        while waiting:
            place, bound = waiting.popleft()
            if place.node in self._hubs:
                # At a hub, each bound may lead to another arrival; at other places the latest bound covers earlier ones.
                if (place, bound) in at_hubs:
                    continue
                at_hubs.add((place, bound))
            elif best.get(place, FIRST - 1) >= bound:
                continue
            else:
                best[place] = bound
            waiting.extend(self._causes(place, bound))

    def lineages(self) -> Iterator[str]:
        """The ids of the topmost process of each lineage among the causes, the nearest first."""
        for id in self._members:
            node = self._nodes[id]
            if not any(edge.source in self._members for edge in self._births(id)):
                yield format_id(node.kind, id)

    def _births(self, id: int) -> Iterator[TraceEdge]:
        return (edge for edge in self._into[id] if edge.kind in LINEAGE)

    def _causes(self, place: _Place, bound: int) -> Iterator[tuple[_Place, int]]:
        node = self._nodes[place.node]
        if node.kind is EntityKind.PROCESS:
            yield from self._arrival(node, bound)
            if place.all_causes and node.id not in self._hubs:
                self._members[node.id] = None
                yield from self._all(node.id, bound)
            else:
                yield from ((_Place(edge.source, False), edge.first) for edge in self._births(node.id))
        elif node.kind is EntityKind.ENDPOINT:
            yield from self._of_endpoint(node, bound, place.senders)
        elif node.id not in self._hubs:
            yield from self._all(node.id, bound)
        elif node.id in self._slice.start:
            yield from self._last(node.id, bound)

    def _arrival(self, node: Node, bound: int) -> Iterator[tuple[_Place, int]]:
        """The last connection or login that the process accepted before `bound`, if it is recent enough to be the reason."""
        edges = self._accepted.get(node.id, [])
        place = bisect_right(edges, bound, key=lambda edge: edge.first)
        if bound == LAST or not place or ms_of(bound) - ms_of(edges[place - 1].first) > ANSWERED_MS:
            return
        edge = edges[place - 1]
        peer = self._nodes[edge.source]
        if peer.id in self._joined:
            yield _Place(peer.id), edge.first
        elif address := _address(peer):
            service = self._service(node)
            id = int(service.attributes.get("incarnation") or service.id)
            self.arrivals[f"{format_id(service.kind, id)}<{address}"] = None

    def _service(self, node: Node) -> Node:
        """The main process of a service: the first ancestor of a process that runs the same program."""
        seen = {node.id}
        while True:
            parents = (self._nodes[edge.source] for edge in self._births(node.id))
            same = (parent for parent in parents if parent.attributes.get("exe") == node.attributes.get("exe"))
            parent = next((parent for parent in same if parent.id not in seen), None)
            if parent is None or not node.attributes.get("exe"):
                return node
            node = parent
            seen.add(node.id)

    def _all(self, id: int, bound: int) -> Iterator[tuple[_Place, int]]:
        for edge in self._into[id]:
            if edge.first <= bound:
                yield _Place(edge.source), edge.first if edge.source in self._hubs else min(edge.last, bound)

    def _last(self, id: int, bound: int) -> Iterator[tuple[_Place, int]]:
        edges = [edge for edge in self._into[id] if edge.first <= bound and edge.kind is not FlowKind.REACHED]
        if edges:
            last = max(edges, key=lambda edge: (edge.first, edge.id))
            yield _Place(last.source), last.first

    def _of_endpoint(self, node: Node, bound: int, senders: bool) -> Iterator[tuple[_Place, int]]:
        for edge in self._into[node.id]:
            if edge.kind is FlowKind.REACHED:
                moved = at_source(edge, bound)
                if edge.first <= moved:
                    yield _Place(edge.source, senders=True), min(edge.last, moved)
        if node.id in self._hubs:
            if senders:
                yield from self._last(node.id, bound)
        elif senders or _local(node):
            yield from ((place, at) for place, at in self._all(node.id, bound) if self._is_sender(place.node))

    def _is_sender(self, id: int) -> bool:
        return self._nodes[id].kind is EntityKind.PROCESS


def _arrivals(edges: list[TraceEdge]) -> list[TraceEdge]:
    kinds = (FlowKind.ACCEPTED, FlowKind.LOGGED_IN)
    return sorted((edge for edge in edges if edge.kind in kinds), key=lambda edge: (edge.first, edge.id))


def _address(peer: Node) -> str | None:
    """The address of a peer; None for an address of the host itself."""
    address = str(peer.attributes.get("ip") or peer.attributes.get("address") or "")
    return address if address and not is_loopback(address) else None


def _local(endpoint: Node) -> bool:
    """Whether both ends of an endpoint's connections are on its host."""
    return "path" in endpoint.attributes or is_loopback(str(endpoint.attributes.get("ip") or ""))
