"""Entry candidates (docs/semantics.md#way-in): flows in a backward slice that come from outside the recorded world.

A peer whose address is no recorded host's, a login session from elsewhere, a process older than the log. Each is scored by
what makes it a likely way in, and the reason says it in words: how near its data came before its first effect, whether the
peer came in by itself (accepted) or was called (connected), how often the peer is seen, how far it is from the alert.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.addresses import is_private, may_be_another_machine
from provenance.text.counts import counted
from provenance.text.labels import is_unknown_client, label
from provenance.text.times import duration
from provenance.trace.limits.address_owners import NO_OWNERS, AddressOwners
from provenance.trace.result import Entry, Slice, TraceEdge
from provenance.trace.slice.datagrams import PROTOCOLS, is_datagram_peer, is_resolver_or_clock
from provenance.trace.slice.paths import Label
from provenance.trace.way_in.causes import prepared
from provenance.trace.way_in.downloads import downloads
from provenance.trace.way_in.ranking import Candidate, score
from provenance.trace.way_in.ways_to_start import WaysToStart

NOT_RECORDED = "no record shows"
"""How the reason of a candidate begins that stands for one whom no record names."""
_INIT = 1
"""The process that begins all daemons, and adopts what their parents leave."""
MOST = 50
"""The most candidates of a trace."""
_NEAR_MS = 1_000
_AT_ONCE_MS = 50
"""Gaps up to this one are treated as equal: a process that serves a connection starts a few clock ticks after it."""
_TIE_BREAK = 1e-6
_PLACES = {
    "external": "external address",
    "private": "private address, not recorded",
    "recorded": "a recorded host",
}
_SELECTED_FLOW = 1.02
"""Above every other score: the peer that entered by the flow that the trace starts from was selected by the user."""
_GUESSED = 0.5
"""Joins of less confidence have no known address and few connections (`provenance.fleet.links`)."""
_TOO_LATE = 0.02
"""The factor for a peer that was contacted no earlier than the start of the trace: only clock ticks could make it a cause. It
ranks such a peer after every process that the log does not explain, which is an honest answer."""


def entries(
    slice_: Slice,
    owners: AddressOwners = NO_OWNERS,
    steps: Mapping[int, list[Label]] | None = None,
) -> tuple[Entry, ...]:
    """The candidates, best first; of more than can be listed, those of the best one's peer before others. `owners` tell whose
    each address is, `steps` the paths to the start (`provenance.trace.slice.paths.all_steps`), if they are known."""
    found = candidates(slice_, owners, steps)
    found.sort(key=lambda one: (-one.score, one.moment, one.node))
    if len(found) > MOST:
        places = sorted(range(len(found)), key=lambda place: (found[place].peer != found[0].peer, place))
        found = [found[place] for place in sorted(places[:MOST])]
    return tuple(
        Entry(rank, one.node, None if one.edge is None else one.edge.id, one.moment, one.score, one.reason)
        for rank, one in enumerate(found, 1)
    )


def candidates(
    slice_: Slice,
    owners: AddressOwners = NO_OWNERS,
    steps: Mapping[int, list[Label]] | None = None,
) -> list[Candidate]:
    """The candidates with their features, in no particular order."""
    return prepared(slice_, _Finder(slice_, owners, steps).all())


class _Finder:
    def __init__(
        self,
        slice_: Slice,
        owners: AddressOwners,
        steps: Mapping[int, list[Label]] | None,
    ) -> None:
        self._slice = slice_
        self._owners = owners
        self._ways = WaysToStart(slice_, steps)
        self._downloads = downloads(slice_)
        self._begun = {edge.target for edge in slice_.edges if edge.kind in LINEAGE}
        self._reached = {edge.target for edge in slice_.edges if self._explains(edge)}
        self._explained_sessions = {
            edge.target
            for edge in slice_.edges
            if edge.kind is FlowKind.LOGGED_IN and slice_.nodes[edge.source].kind is EntityKind.ENDPOINT
        }
        """Sessions whose address is in the slice: it is the candidate, and they are a step."""
        self._accepted = {edge.source for edge in slice_.edges if edge.kind is FlowKind.ACCEPTED}
        self._cut = frozenset(() if slice_.truncated is None else slice_.truncated.at)
        """Entities at which the trace stopped early."""
        self._calls: dict[int, list[tuple[int, int]]] = defaultdict(list)
        """When each process contacted which peers for the first time."""
        self._called: dict[int, int] = {}
        """When each peer was last contacted: what it answers to that leads nowhere but to the peer itself."""
        for edge in slice_.edges:
            if edge.kind is FlowKind.CONNECTED:
                self._called[edge.target] = max(edge.first, self._called.get(edge.target, FIRST))
                self._calls[edge.source].append((edge.first, edge.target))
        self._peers = Counter(
            self._ip(edge.source) for edge in slice_.edges if edge.kind in (FlowKind.ACCEPTED, FlowKind.RECEIVED)
        )

    def all(self) -> list[Candidate]:
        found: list[Candidate] = []
        peers: dict[int, list[Candidate]] = defaultdict(list)
        for edge in self._slice.edges:
            source = self._slice.nodes[edge.source]
            if source.kind is EntityKind.ENDPOINT and edge.kind in (FlowKind.ACCEPTED, FlowKind.RECEIVED):
                peers[source.id] += self._from_peer(edge, source)
            elif edge.kind is FlowKind.LOGGED_IN:
                found += self._from_login(edge, source)
        found += map(_began, filter(None, peers.values()))
        entered = {self._slice.nodes[entry.node].host for entry in found}
        for node in self._slice.nodes.values():
            if node.kind is EntityKind.PROCESS and node.id not in self._begun and self._was_there(node):
                found.append(self._older(node, node.host in entered))
        return found

    def _was_there(self, node: Node) -> bool:
        """Whether a process had begun by its bound: a trace may be requested for a time before its start began."""
        return node.id not in self._slice.start or node.first <= self._slice.bounds[node.id]

    def _ip(self, id: int) -> str:
        return str(self._slice.nodes[id].attributes.get("ip") or "")

    def _explains(self, join: TraceEdge) -> bool:
        """Whether a join shows who a peer is. That a recorded host has an address of the Internet is no explanation if only the
        times of a few connections say so: then the peer itself stays a candidate beside what is behind that host."""
        if join.kind is not FlowKind.REACHED:
            return False
        ip = self._ip(join.target)
        return join.confidence >= _GUESSED or not ip or is_private(ip) or not may_be_another_machine(ip)

    def _from_peer(self, edge: TraceEdge, peer: Node) -> list[Candidate]:
        ip = self._ip(peer.id)
        if is_unknown_client(peer) and peer.id not in self._reached:
            return [self._from_unknown_client(edge, peer)]
        if not ip or not may_be_another_machine(ip) or peer.id in self._reached:
            return []
        accepted = peer.id in self._accepted
        if not accepted and is_resolver_or_clock(peer):
            return []
        gap = self._ways.gap(edge)
        place = (
            "recorded"
            if self._owners.is_recorded(ip, peer.host, edge.first)
            else "private"
            if is_private(ip)
            else "external"
        )
        features = self._common(edge, gap) | {
            f"{'accepted' if accepted else 'called'}_{place}": 1.0,
            "rare": 1.0 / (1.0 + math.log1p(self._peers[ip])),
        }
        if not accepted and peer.attributes.get("protocol") in PROTOCOLS:
            features["datagram"] = 1.0
        elif not accepted:
            features |= self._downloaded(edge)
        fixed = None
        if edge.target in self._slice.start and edge.first >= self._slice.bounds[edge.target]:
            fixed = _SELECTED_FLOW if accepted else score(features) * _TOO_LATE
        elif not accepted and self._is_called_by_start(edge, peer):
            fixed = score(features) * _TOO_LATE
        came = "entered through" if accepted else "was contacted by"
        process = self._slice.nodes[edge.target]
        when = f", {duration(gap)} before its first effect" if gap is not None else ""
        share = f"it has {counted(self._peers[ip], 'flow')} in the trace"
        ran = f"; {self._use(edge)}" if "ran" in features else ""
        reason = f"{ip} ({self._described(peer, edge, place)}) {came} {label(process)}{when}; {share}{ran}"
        return [Candidate(peer.id, edge, edge.first, reason, features, edge.target, ip, fixed)]

    def _downloaded(self, edge: TraceEdge) -> dict[str, float]:
        """The features of a call by which a program got what others ran."""
        found = self._downloads.get(edge.target)
        if found is None or found.until < edge.first:
            return {}
        features = {"ran": 1.0}
        if found.is_own:
            features["installed"] = 1.0
        if self._is_last_called(edge, found.since):
            features["near"] = 1.0
        return features

    def _use(self, edge: TraceEdge) -> str:
        is_piped = self._downloads[edge.target].is_piped
        return "what it sent was piped into a program that began others" if is_piped else "what it sent was run"

    def _is_last_called(self, edge: TraceEdge, moment: int) -> bool:
        """Whether no other peer was contacted by a program between this one and a moment: then what it wrote at that moment came
        from this one, however long the transfer took."""
        return not any(
            edge.first < first <= moment and self._ip(peer) not in ("", self._ip(edge.source))
            for first, peer in self._calls[edge.target]
            if not is_datagram_peer(self._slice.nodes[peer])
        )

    def _is_called_by_start(self, edge: TraceEdge, peer: Node) -> bool:
        """Whether a program called a peer no earlier than the trace starts: from this peer, or from that program at no time in
        particular, so that only what led to its begin explains it."""
        if peer.id in self._slice.start:
            return edge.first >= self._called.get(peer.id, FIRST)
        return edge.target in self._slice.start and self._slice.bounds[edge.target] >= LAST

    def _described(self, peer: Node, edge: TraceEdge, place: str) -> str:
        """Where a peer is, and whose address it is as far as that is known or guessed."""
        name = self._owners.words(self._ip(peer.id), peer.host, edge.first)
        if name is None:
            return _PLACES[place]
        return f"{_PLACES[place] if place != 'private' else 'private address'}: {name}"

    def _common(self, edge: TraceEdge, gap: int | None) -> dict[str, float]:
        before = self._before_start(edge) if gap is None else gap
        features = {"near": _nearness(before), "close": self._ways.closeness(edge.target)}
        if other := self._ways.other_connection(edge):
            features["other_connection"] = other
        return features

    def _before_start(self, edge: TraceEdge) -> int | None:
        """Milliseconds from a peer's arrival to the time of the trace's start, where the peer entered that process itself."""
        bound = self._slice.bounds.get(edge.target, LAST)
        if edge.kind is not FlowKind.ACCEPTED or edge.target not in self._slice.start or bound >= LAST:
            return None
        return max(ms_of(bound) - ms_of(edge.first), 0)

    def _from_unknown_client(self, edge: TraceEdge, peer: Node) -> Candidate:
        """A local connection of which no record says who made it: what led here may have come through it."""
        features = self._common(edge, self._ways.gap(edge)) | {"unknown_client": 1.0}
        process = label(self._slice.nodes[edge.target])
        reason = f"{label(peer)} entered {process}: the log never saw its listener bound, and no connect pairs with it"
        return Candidate(peer.id, edge, edge.first, reason, features, edge.target)

    def _from_login(self, edge: TraceEdge, source: Node) -> list[Candidate]:
        if source.kind is EntityKind.PROCESS or source.id in self._explained_sessions:
            return []
        session = source if source.kind is EntityKind.SESSION else self._slice.nodes[edge.target]
        address = str(source.attributes.get("address") or source.attributes.get("ip") or "")
        outside = (
            bool(address)
            and not self._owners.is_recorded(address, session.host, edge.first)
            and may_be_another_machine(address)
            and not is_private(address)
        )
        features = {
            f"login_{'external' if outside else 'internal'}": 1.0,
            "near": 0.5 * _nearness(self._ways.gap(edge)),
        }
        where = f" from {address}" if address and address not in label(session) else ""
        reason = f"login: {label(session)}{where}"
        return [Candidate(source.id, edge, edge.first, reason, features, edge.target, address)]

    def _older(self, node: Node, explained: bool) -> Candidate:
        if node.id in self._cut:
            reason = f"the trace reached its limit at {label(node)}: what started it was not followed"
        elif node.attributes.get("pid") == _INIT and (begun := self._first_begun(node)) is not None:
            reason = f"{NOT_RECORDED} who came in to {label(begun)}, or started it: its parent is the system (pid 1)"
        else:
            why = "has no records of its own" if node.attributes.get("observed_only") else "began before the log"
            reason = f"{label(node)} {why}, so the log does not show what started it"
        return Candidate(node.id, None, node.first, reason, {"older": 0.5 if explained else 1.0}, node.id)

    def _first_begun(self, node: Node) -> Node | None:
        """What a process began first on the way to the start of the trace, if that is a program and not what it then runs."""
        way = self._ways.way(node.id)
        return self._slice.nodes[way[0].target] if way and way[0].kind is FlowKind.SPAWNED else None


def _began(connection: list[Candidate]) -> Candidate:
    """One entry for a connection, however many have held it since: how it began, as likely as its likeliest holder is."""
    first = min(connection, key=lambda one: (one.moment, -one.score))
    best = max(connection, key=lambda one: one.score)
    return replace(first, features=best.features, fixed=best.fixed)


def _nearness(gap_ms: int | None) -> float:
    """From 1 down. What comes at once differs by too little to outweigh anything, and the nearest is still the first."""
    if gap_ms is None:
        return 0.0
    at_once = min(gap_ms, _AT_ONCE_MS)
    return 1.0 / (1.0 + (gap_ms - at_once) / _NEAR_MS + at_once * _TIE_BREAK)
