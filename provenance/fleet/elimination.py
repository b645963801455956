"""Addresses by elimination: the peer of connections that were not joined, where one host alone could be it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from provenance.fleet.ends import LOOPBACK, Ends, Group
from provenance.fleet.leases import plain
from provenance.fleet.owners import Owners
from provenance.fleet.pairing import JoinedPair
from provenance.text.addresses import is_private

_ONLY_ONE_LEFT = 0.2
"""The confidence that the only host which could be a peer is that peer."""
_LEAST = 0.05
"""A host that could be more peers than this leaves room for is named as none of them."""


class OnlyHost(NamedTuple):
    """The only host that could have an address."""

    host: str
    ip: str
    confidence: float
    reason: str


def by_elimination(ends: Ends, known: Owners, pairs: Sequence[JoinedPair]) -> Iterator[OnlyHost]:
    """The peers of accepted connections that were not joined, where one host alone has connections that could be their other
    side. Several peers that one host could be share the confidence."""
    joined = {id(end) for pair in pairs for end in (pair.opened, pair.accepted)}
    hosts = {frozenset((pair.opened.host, pair.accepted.host)) for pair in pairs}
    out = _by_port(_left(ends.out, joined))
    found: dict[tuple[str, int | None], dict[str, int | None]] = {}
    for group in _left(ends.into, joined):
        fits = [other for other in out.get(group.port, ()) if _fits(other, group, known)]
        clients, servers = {one.host for one in fits}, {one.ip for one in fits}
        if len(clients) != 1 or (group.port is not None and len(servers) != 1):
            continue
        client = fits[0].host
        is_inside = is_private(plain(group.ip)) and all(map(is_private, map(plain, servers)))
        if not is_inside and frozenset((client, group.host)) in hosts:
            continue
        if group.ip not in known.hosts and known.may_be_guessed(group.ip, client):
            found.setdefault((client, group.port), {})[plain(group.ip)] = group.port
    for (client, _), peers in found.items():
        confidence = round(_ONLY_ONE_LEFT / len(peers), 3)
        for ip, port in peers.items():
            if confidence >= _LEAST:
                yield OnlyHost(client, ip, confidence, _reason(port, len(peers)))


def _left(groups: Sequence[Group], joined: set[int]) -> list[Group]:
    """The groups with ends that were not joined."""
    return [group for group in groups if any(id(end) not in joined for end in group.ends)]


def _by_port(groups: Sequence[Group]) -> dict[int | None, list[Group]]:
    """The connects by port. Those to inside addresses also under None, once for each host and address."""
    found: dict[int | None, list[Group]] = {}
    inside: dict[tuple[str, str], Group] = {}
    for group in groups:
        found.setdefault(group.port, []).append(group)
        if is_private(plain(group.ip)):
            inside.setdefault((group.host, group.ip), group)
    return found | {None: list(inside.values())}


def _fits(out: Group, into: Group, known: Owners) -> bool:
    """Whether two groups may be the sides of one connection. If the listener's port is unknown, only inside addresses may be:
    an outside peer that entered and one that was contacted are seldom recorded hosts."""
    if out.host == into.host or LOOPBACK in (out.ip, into.ip) or not known.may_join(out, into):
        return False
    return into.port is not None or is_private(plain(into.ip))


def _reason(port: int | None, peers: int) -> str:
    which = "inside addresses" if port is None else f"port {port}"
    shared = f"; one of {peers} peers that it could be" if peers > 1 else ""
    return f"the only recorded host with connections to {which} that were not joined{shared}"
