"""What ties an alert to others: the causes of it that another alert may have in common.

From the anchor the backward slice is walked again, flow by flow and never against time, but through no hub
(`provenance.incidents.hubs`). Two alerts whose causes meet in a process that is no hub have a cause in common: one is
the other's cause, or both are effects of the same. Such a process is named by the topmost process of its lineage that is no hub:
whoever shares the one shares the other, and an alert with ten thousand causes keeps a handful of names.

Through a hub goes only what can be told apart there:

- Through a service, the connection that it accepted last before it started what led to the alert, if it accepted it within
  `ANSWERED_MS`. That arrival, the peer's address at this service (all processes of its lineage that run its program), is a tie
  of its own: connections of one intruder to one service make one incident, those of somebody else to the same service
  make another. Where the peer is a recorded host the arrival is no tie, and the walk goes on at the other end of the
  connection. Where a pipe or a file leads to the service, its part is dated by when it opened it: later it may be serving
  somebody else.
- Through any hub that is a process, its ancestors, only to find the arrival that explains it. They are no ties.
- Through an endpoint that many send to, and from a shared file that an alert is about, whoever sent or wrote last.

A file that nobody wrote has no cause, so nothing meets in it. A peer outside the recorded hosts passes nothing on: what one
process sent there did not come back to another because of that. Clients behind a proxy that is not recorded have one
address, and are told apart by hand (`provenance.incidents.decisions`).
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

from provenance.incidents.hubs import BIRTHS
from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.store.interface import Node
from provenance.trace.clocks import at_source
from provenance.trace.result import Slice, TraceEdge

ANSWERED_MS = 30_000
MOST = 200
"""Ties of one alert. What only hangs together over hundreds of separate lineages is no story that anybody could read."""


def links(slice_: Slice, hubs: frozenset[int]) -> tuple[str, ...]:
    """The ties of the alert whose backward slice this is, in order. Two alerts with one in common belong together.
    `hubs` are those among `suspects(slice_)`. Of more than `MOST` those nearest to the alert are kept, arrivals first."""
    causes = _Causes(slice_, hubs)
    causes.find()
    return tuple(sorted([*causes.arrivals, *causes.lineages()][:MOST]))


def suspects(slice_: Slice) -> dict[int, Node]:
    """The entities of a slice at which the walk would go on: all others are causes of nothing, hubs or not."""
    ids = {edge.target for edge in slice_.edges} | set(slice_.start)
    ids |= {id for id, node in slice_.nodes.items() if node.kind is EntityKind.PROCESS}
    return {id: slice_.nodes[id] for id in ids if id in slice_.nodes}


class _Place(NamedTuple):
    """Where the walk is. `whole`: all that led there counts, not only how it came to be. `sent`: of an endpoint, whether
    what processes of its host sent there counts."""

    node: int
    whole: bool = True
    sent: bool = False


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
        """Walk to the end, what is nearest first."""
        waiting = deque(
            (_Place(id, sent=True), self._slice.bounds.get(id, LAST)) for id in self._slice.start if id in self._nodes
        )
        best: dict[_Place, int] = {}
        at_hubs: set[tuple[_Place, int]] = set()
        while waiting:
            place, bound = waiting.popleft()
            if place.node in self._hubs:
                # Each bound may be another arrival; elsewhere the later bound answers for the earlier.
                if (place, bound) in at_hubs:
                    continue
                at_hubs.add((place, bound))
            elif best.get(place, FIRST - 1) >= bound:
                continue
            else:
                best[place] = bound
            waiting.extend(self._causes(place, bound))

    def lineages(self) -> Iterator[str]:
        """The topmost process of each lineage among the causes, the nearest first."""
        for id in self._members:
            node = self._nodes[id]
            if not any(edge.source in self._members for edge in self._births(id)):
                yield format_id(node.kind, id)

    def _births(self, id: int) -> Iterator[TraceEdge]:
        return (edge for edge in self._into[id] if edge.kind in BIRTHS)

    def _causes(self, place: _Place, bound: int) -> Iterator[tuple[_Place, int]]:
        node = self._nodes[place.node]
        if node.kind is EntityKind.PROCESS:
            yield from self._arrival(node, bound)
            if place.whole and node.id not in self._hubs:
                self._members[node.id] = None
                yield from self._all(node.id, bound)
            else:
                yield from ((_Place(edge.source, False), edge.first) for edge in self._births(node.id))
        elif node.kind is EntityKind.ENDPOINT:
            yield from self._of_endpoint(node, bound, place.sent)
        elif node.id not in self._hubs:
            yield from self._all(node.id, bound)
        elif node.id in self._slice.start:
            yield from self._last(node.id, bound)

    def _arrival(self, node: Node, bound: int) -> Iterator[tuple[_Place, int]]:
        """The connection or login that came in last before `bound`, if it can explain what happened then."""
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
        """The process that a connection's process works for: the first of its lineage that runs the same program."""
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

    def _of_endpoint(self, node: Node, bound: int, sent: bool) -> Iterator[tuple[_Place, int]]:
        for edge in self._into[node.id]:
            if edge.kind is FlowKind.REACHED:
                moved = at_source(edge, bound)
                if edge.first <= moved:
                    yield _Place(edge.source, sent=True), min(edge.last, moved)
        if node.id in self._hubs:
            if sent:
                yield from self._last(node.id, bound)
        elif sent or _local(node):
            yield from ((place, at) for place, at in self._all(node.id, bound) if self._is_sender(place.node))

    def _is_sender(self, id: int) -> bool:
        return self._nodes[id].kind is EntityKind.PROCESS


def _arrivals(edges: list[TraceEdge]) -> list[TraceEdge]:
    kinds = (FlowKind.ACCEPTED, FlowKind.LOGGED_IN)
    return sorted((edge for edge in edges if edge.kind in kinds), key=lambda edge: (edge.first, edge.id))


def _address(peer: Node) -> str | None:
    """Where somebody came in from, if it can be another machine."""
    address = str(peer.attributes.get("ip") or peer.attributes.get("address") or "")
    return address if address and not _loopback(address) else None


def _local(endpoint: Node) -> bool:
    """Whether both ends of what passes an endpoint are on its host."""
    return "path" in endpoint.attributes or _loopback(str(endpoint.attributes.get("ip") or ""))


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
