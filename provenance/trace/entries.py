"""Entry candidates (docs/semantics.md#way-in): flows in a backward slice that come from outside the recorded world.

A peer whose address is no recorded host's, a login session from elsewhere, a process older than the log. Each is scored by
how likely it is the way in, and the reason explains the score: how soon after its data the next process started, whether the
peer connected (accepted) or was contacted (connected), how often the peer occurs, how far it is from the alert.
"""

from __future__ import annotations

import ipaddress
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.labels import is_unknown_client, label
from provenance.trace.paths import next_steps, path
from provenance.trace.result import Entry, Slice, TraceEdge

_MOST = 50
_BEGINS = frozenset((FlowKind.SPAWNED, FlowKind.EXECUTED))
_NEAR_MS = 1_000
_AT_ONCE_MS = 50
"""Gaps up to this one are treated as equal: a process that serves a connection starts a few clock ticks after it."""
_TIE_BREAK = 1e-6
_FAR_OFF = 10
"""A way of this length (`provenance.trace.paths`) is half as close as none."""
_RECORDED, _PRIVATE = 0.4, 0.75
"""Factors for the score of a recorded host and of a private address, compared with an external one."""
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)
_ACCEPTED, _LOGIN, _CALLED, _OLDER = 0.6, 0.55, 0.25, 0.05
_SELECTED_FLOW = 1.02
"""Above every other score: the peer that entered by the flow that the trace starts from was selected by the user."""
_TOO_LATE = 0.1
"""The factor for a peer that was contacted no earlier than the start of the trace: only clock ticks could make it a cause."""


def entries(slice_: Slice, recorded: Iterable[str]) -> tuple[Entry, ...]:
    """The candidates, best first. `recorded` are the addresses of hosts whose logs the store holds."""
    found = _Finder(slice_, frozenset(recorded)).all()
    found.sort(key=lambda entry: (-entry.score, entry.moment, entry.node))
    return tuple(
        Entry(rank, entry.node, entry.edge, entry.moment, entry.score, entry.reason)
        for rank, entry in enumerate(found[:_MOST], 1)
    )


class _Finder:
    def __init__(self, slice_: Slice, recorded: frozenset[str]) -> None:
        self._slice = slice_
        self._recorded = recorded
        self._steps = next_steps(slice_)
        self._effects = _effects(slice_)
        self._passed_on: dict[int, list[int]] = {}
        self._begun = {edge.target for edge in slice_.edges if edge.kind in _BEGINS}
        self._reached = {edge.target for edge in slice_.edges if edge.kind is FlowKind.REACHED}
        self._accepted = {edge.source for edge in slice_.edges if edge.kind is FlowKind.ACCEPTED}
        self._peers = Counter(
            self._ip(edge.source) for edge in slice_.edges if edge.kind in (FlowKind.ACCEPTED, FlowKind.RECEIVED)
        )

    def all(self) -> list[Entry]:
        found: list[Entry] = []
        peers: dict[int, list[Entry]] = defaultdict(list)
        for edge in self._slice.edges:
            source = self._slice.nodes[edge.source]
            if source.kind is EntityKind.ENDPOINT and edge.kind in (FlowKind.ACCEPTED, FlowKind.RECEIVED):
                peers[source.id] += self._from_peer(edge, source)
            elif edge.kind is FlowKind.LOGGED_IN:
                found += self._from_login(edge, source)
        found += map(_one_per_connection, filter(None, peers.values()))
        entered = {self._slice.nodes[entry.node].host for entry in found}
        for node in self._slice.nodes.values():
            if node.kind is EntityKind.PROCESS and node.id not in self._begun and self._had_begun(node):
                found.append(self._older_process(node, node.host in entered))
        return found

    def _had_begun(self, node: Node) -> bool:
        """Whether a process had begun by its bound: a trace may be requested for a time before its start."""
        return node.id not in self._slice.start or node.first <= self._slice.bounds[node.id]

    def _ip(self, id: int) -> str:
        return str(self._slice.nodes[id].attributes.get("ip") or "")

    def _from_peer(self, edge: TraceEdge, peer: Node) -> list[Entry]:
        ip = self._ip(peer.id)
        if is_unknown_client(peer) and peer.id not in self._reached:
            return [self._from_unknown_client(edge, peer)]
        if not ip or not _routable(ip) or peer.id in self._reached:
            return []
        accepted = peer.id in self._accepted
        gap = self._gap(edge)
        outside = ip not in self._recorded
        rarity = 1.0 / (1.0 + math.log1p(self._peers[ip]))
        score = (_ACCEPTED if accepted else _CALLED) * (_RECORDED if not outside else _PRIVATE if _private(ip) else 1.0)
        score += 0.2 * _nearness(gap) + 0.2 * self._closeness(edge.target) + 0.02 * rarity
        if edge.target in self._slice.start and edge.first >= self._slice.bounds[edge.target]:
            score = _SELECTED_FLOW if accepted else score * _TOO_LATE
        where = (
            "a recorded host"
            if not outside
            else "private address, not recorded"
            if _private(ip)
            else "external address"
        )
        came = "entered through" if accepted else "was contacted by"
        process = self._slice.nodes[edge.target]
        when = f", {_duration(gap)} before the next process started" if gap is not None else ""
        often = self._peers[ip]
        share = f"it has {often} flow{'s' * (often > 1)} in the trace"
        reason = f"{ip} ({where}) {came} {label(process)}{when}; {share}"
        return [Entry(0, peer.id, edge.id, edge.first, score, reason)]

    def _from_unknown_client(self, edge: TraceEdge, peer: Node) -> Entry:
        """A local connection of which no record says who made it: what led here may have come through it."""
        gap = self._gap(edge)
        score = _ACCEPTED * _PRIVATE + 0.2 * _nearness(gap) + 0.2 * self._closeness(edge.target)
        process = label(self._slice.nodes[edge.target])
        reason = f"{label(peer)} entered {process}: the log never saw its listener bound, and no connect pairs with it"
        return Entry(0, peer.id, edge.id, edge.first, score, reason)

    def _closeness(self, id: int) -> float:
        """From 1 at the start of the trace down to 0, as the path there gets longer."""
        label = self._steps.get(id)
        return 0.0 if label is None else 1.0 / (1.0 + label.length / _FAR_OFF)

    def _gap(self, edge: TraceEdge) -> int | None:
        """Milliseconds from the begin of the flow to the next process that its process, or one on the path from there,
        started."""
        for effects in (self._effects.get(edge.target, []), self._later_effects(edge.target)):
            place = bisect_left(effects, edge.first)
            if place < len(effects):
                return ms_of(effects[place]) - ms_of(edge.first)
        return None

    def _later_effects(self, id: int) -> list[int]:
        """When processes of the same host started others, on the path from this one to the start of the trace: a server that
        starts no process itself has passed on what it received."""
        known = self._passed_on.get(id)
        if known is None:
            host = self._slice.nodes[id].host
            known = self._passed_on[id] = sorted(
                edge.first
                for edge in path(self._steps, id, self._slice.direction)
                if edge.kind in _BEGINS and self._slice.nodes[edge.source].host == host
            )
        return known

    def _from_login(self, edge: TraceEdge, source: Node) -> list[Entry]:
        if source.kind is EntityKind.PROCESS:
            return []
        address = str(source.attributes.get("address") or source.attributes.get("ip") or "")
        outside = bool(address) and address not in self._recorded and _routable(address)
        score = _LOGIN * (1.0 if outside else 0.3) + 0.1 * _nearness(self._gap(edge))
        where = f" from {address}" if address else ""
        return [Entry(0, source.id, edge.id, edge.first, score, f"login: {label(source)}{where}")]

    def _older_process(self, node: Node, explained: bool) -> Entry:
        score = _OLDER * (0.5 if explained else 1.0)
        why = "has no records of its own" if node.attributes.get("observed_only") else "began before the log"
        return Entry(
            0, node.id, None, node.first, score, f"{label(node)} {why}, so the log does not show what started it"
        )


def _one_per_connection(connection: list[Entry]) -> Entry:
    """One entry for a connection, however many processes held it: its begin, with the best score of its holders."""
    first = min(connection, key=lambda entry: (entry.moment, -entry.score))
    return replace(first, score=max(entry.score for entry in connection))


def _effects(slice_: Slice) -> Mapping[int, list[int]]:
    """When each process started another, in order."""
    found: dict[int, list[int]] = defaultdict(list)
    for edge in slice_.edges:
        if edge.kind in _BEGINS:
            found[edge.source].append(edge.first)
    return {id: sorted(moments) for id, moments in found.items()}


def _nearness(gap_ms: int | None) -> float:
    """From 1 for no gap down to 0. Gaps up to `_AT_ONCE_MS` differ only enough to break ties."""
    if gap_ms is None:
        return 0.0
    at_once = min(gap_ms, _AT_ONCE_MS)
    return 1.0 / (1.0 + (gap_ms - at_once) / _NEAR_MS + at_once * _TIE_BREAK)


def _duration(gap_ms: int | None) -> str:
    if gap_ms is None:
        return "?"
    return f"{gap_ms} ms" if gap_ms < 1000 else f"{gap_ms / 1000:.1f} s"


def _private(ip: str) -> bool:
    """Whether an address is of a network that is not routed on the Internet (RFC 1918, 4193, 6598, 3927, 4291)."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE_NETWORKS if network.version == address.version)


def _routable(ip: str) -> bool:
    """Whether an address can belong to another machine. A host name can."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return True
    return not (address.is_loopback or address.is_unspecified)
