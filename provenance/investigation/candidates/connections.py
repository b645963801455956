"""Candidates for the connection of an alert: flows between a process and a peer, seen from either end, near its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from provenance.ingest.clock import FIRST, LAST, at_ms
from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.investigation.candidates.candidate import Candidate
from provenance.investigation.candidates.hosts import Place
from provenance.investigation.candidates.nearness import EARLY_MS, LATE_MS, apart, nearness
from provenance.investigation.candidates.processes import Match
from provenance.investigation.candidates.statement import Statement
from provenance.store.interface import Direction, Node, Selector, Store
from provenance.trace.slice.anchor import Anchor

_ENDPOINT = frozenset({EntityKind.ENDPOINT})
_MOST, _RUNS = 500, 2_000
_MADE = (FlowKind.CONNECTED, FlowKind.ACCEPTED)
_FLOW = 0.98
"""The score of a flow that matches in everything, below that of an audit event that the alert names."""
_INHERITED, _ANY_PORT, _OTHER_PROCESS, _COPY = 0.85, 0.7, 0.5, 0.95
_ADDRESS_UNKNOWN, _ADDRESS_OTHER = 0.9, 0.6


@dataclass(frozen=True, slots=True)
class _End:
    """An end of the alert's connection taken as the peer, and the address that is then the host's own."""

    ip: str
    port: int | None
    own: str | None


def flows(
    store: Store, alert: Statement, place: Place, known: Iterable[Match], own: Mapping[str, tuple[str, ...]]
) -> Iterator[Candidate]:
    """A candidate for each process incarnation and peer. `known` are the process images that match the alert, `own` the
    addresses of each host."""
    named = {match.incarnation: match for match in sorted(known, key=lambda match: match.fit)}
    images = {match.node.id for match in known}
    for end in _ends(alert):
        peers, port_fit = _peers(store, place, end)
        for held in _holders(store, peers, alert.at):
            host = held.peer.host
            addresses = own.get(host, ())
            if end.ip in addresses and end.own not in addresses:
                continue  # the host's own end of a connection with another peer
            address_fit, notes = _own_address(end, addresses, host)
            match = named.get(held.incarnation)
            fit = place.weight * port_fit * address_fit * _process_fit(alert, match)
            found = held.candidate(alert, images, fit, (place.reason, *notes, *_why(alert, match, port_fit, end)))
            if found is not None:
                yield found


def _ends(alert: Statement) -> list[_End]:
    """The ends of the connection that may be the peer: the remote end, and the local one, because a sensor that sees only
    packets may not know which end is the host's."""
    ends: list[_End] = []
    if alert.remote_ip is not None:
        ends.append(_End(alert.remote_ip, alert.remote_port, alert.local_ip))
    if alert.local_ip is not None:
        ends.append(_End(alert.local_ip, alert.local_port, alert.remote_ip))
    return ends


def _peers(store: Store, place: Place, end: _End) -> tuple[list[Node], float]:
    """The peers that match an end, and how well: if none has its port, those with its address and another port."""
    exact = list(store.find(Selector(_ENDPOINT, place.host, remote_ip=end.ip, remote_port=end.port), _MOST))
    if exact or end.port is None:
        return exact, 1.0
    return list(store.find(Selector(_ENDPOINT, place.host, remote_ip=end.ip), _MOST)), _ANY_PORT


def _own_address(end: _End, addresses: tuple[str, ...], host: str) -> tuple[float, tuple[str, ...]]:
    if end.own is None or end.own in addresses:
        return 1.0, ()
    if not addresses:
        return _ADDRESS_UNKNOWN, (f"the addresses of {host} are unknown",)
    return _ADDRESS_OTHER, (f"{end.own} is not an address of {host} (address translation?)",)


def _process_fit(alert: Statement, match: Match | None) -> float:
    if not alert.names_process:
        return 1.0
    return _OTHER_PROCESS if match is None else match.fit


def _why(alert: Statement, match: Match | None, port_fit: float, end: _End) -> tuple[str, ...]:
    peer = f"peer {end.ip}" + ("" if end.port is None or port_fit < 1 else f":{end.port}")
    if not alert.names_process:
        return (peer,)
    return (
        (peer, *match.reasons)
        if match is not None
        else (peer, "no process that matches the alert communicates with it")
    )


@dataclass(frozen=True, slots=True)
class _Holder:
    """The images of one process incarnation that have flows with a peer, and those flows."""

    incarnation: int
    peer: Node
    images: tuple[Node, ...]
    flows: tuple[Flow, ...]

    def candidate(self, alert: Statement, named: set[int], fit: float, reasons: tuple[str, ...]) -> Candidate | None:
        """The image and flow that match best: an image that the alert names first, then by time, forked copies last."""
        made = any(flow.kind in _MADE for flow in self.flows)
        best: tuple[tuple[bool, float, int], Node, Flow] | None = None
        for flow in self.flows:
            near = nearness(alert.at, flow.first, flow.last)
            image = next(node for node in self.images if node.id in (flow.source, flow.target))
            copied = _COPY if image.attributes.get("forked") else 1.0
            if near is not None:
                key = (image.id in named, near * copied, -flow.first)
                if best is None or key > best[0]:
                    best = (key, image, flow)
        if best is None:
            return None
        (_, near, _), image, flow = best
        off = apart(alert.at, flow.first, flow.last)
        inherited = () if made else ("the process inherited the connection",)
        score = _FLOW * fit * near * (1.0 if made else _INHERITED)
        anchor = Anchor({image.id: flow.first}, image, flow.first, flow, self.peer)
        return Candidate(anchor, score, (*reasons, *inherited, *([off] if off else ())))


def _holders(store: Store, peers: Iterable[Node], at: int | None) -> Iterator[_Holder]:
    for peer, found in _runs(store, {peer.id: peer for peer in peers}, at):
        ends = {flow.source if flow.target == peer.id else flow.target for flow in found}
        groups: dict[int, list[Node]] = {}
        for node in store.nodes(ends).values():
            if node.kind is EntityKind.PROCESS:
                groups.setdefault(int(node.attributes.get("incarnation") or node.id), []).append(node)
        for incarnation, images in groups.items():
            ids = {image.id for image in images}
            its = tuple(flow for flow in found if flow.source in ids or flow.target in ids)
            yield _Holder(incarnation, peer, tuple(images), its)


def _runs(store: Store, peers: Mapping[int, Node], at: int | None) -> Iterator[tuple[Node, list[Flow]]]:
    """The flows of each peer near a time (ms since the epoch), at most _RUNS in each direction, the nearest ones."""
    before = {id: LAST if at is None else at_ms(at + EARLY_MS) for id in peers}
    after = {id: FIRST if at is None else at_ms(max(at - LATE_MS, 0)) for id in peers}
    found: dict[int, list[Flow]] = {}
    for flow in store.expand(Direction.BACKWARD, before, _RUNS):
        found.setdefault(flow.target, []).append(flow)
    for flow in store.expand(Direction.FORWARD, after, _RUNS):
        found.setdefault(flow.source, []).append(flow)
    for id, flows in sorted(found.items()):
        yield peers[id], flows
