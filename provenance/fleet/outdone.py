"""Outdone links: those that better links of the same hosts contradict.

A program that an intruder reaches through another host often connects to the intruder within milliseconds (a reverse shell). The
accept on the one host and the connect on the other then look like one connection between the two hosts, by addresses that are
both the intruder's. Other connections show by which addresses the two hosts really know each other, and the order of
cause and effect shows it too: the connect comes after the accept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from provenance.fleet.clocks import TICK_MS
from provenance.fleet.ends import Ends, Group
from provenance.fleet.leases import plain
from provenance.fleet.link import Link
from provenance.text.addresses import is_private

_Rank = tuple[bool, int, bool]
"""Firm links come before others, then more connections, then addresses of inside networks."""


class _Claim(NamedTuple):
    """What a link says of two hosts, and how well that is supported."""

    client: Group
    server: Group
    rank: _Rank

    @property
    def addresses(self) -> dict[str, str]:
        """The address that each host has by this link."""
        return {self.server.host: self.client.ip, self.client.host: self.server.ip}

    @property
    def between_hosts(self) -> bool:
        """Whether the two ends are of two hosts."""
        return self.client.host != self.server.host

    def service(self, other_family: bool = False) -> tuple[str, str, int | None, bool]:
        """The hosts and the port, and whether they are reached over IPv6."""
        over_ipv6 = ":" in self.client.ip
        return self.client.host, self.server.host, self.client.port, over_ipv6 is not other_family


def without_outdone(links: Sequence[Link], ends: Ends, skew: Mapping[str, int]) -> list[Link]:
    """The links that no better one contradicts, in the same order. `skew` is what to add to the times of hosts, in ms."""
    claims = [_claim(link, ends) for link in links]
    best = _Best(claims)
    inside: dict[tuple[str, str], list[_Claim]] = {}
    for claim in claims:
        is_firm, _, is_inside = claim.rank
        if is_firm and is_inside and claim.between_hosts:
            inside.setdefault((claim.client.host, claim.server.host), []).append(claim)
    return [
        link
        for link, claim in zip(links, claims, strict=True)
        if not claim.between_hosts
        or not (
            _is_refuted(claim, inside.get((claim.server.host, claim.client.host), ()), skew)
            if link.firm
            else best.outdoes(claim)
        )
    ]


def _claim(link: Link, ends: Ends) -> _Claim:
    client, server = ends.out[link.out], ends.into[link.into]
    inside = is_private(plain(client.ip)) and is_private(plain(server.ip))
    return _Claim(client, server, (link.firm, round(link.score), inside))


class _Best:
    """The best rank of all claims on each host, on each of its addresses, and on each service."""

    def __init__(self, claims: Sequence[_Claim]) -> None:
        self._ranks: dict[object, _Rank] = {}
        for claim in claims:
            if claim.between_hosts:
                for host, ip in claim.addresses.items():
                    self._add(host, claim.rank)
                    self._add((host, ip), claim.rank)
                self._add(claim.service(), claim.rank)

    def _add(self, key: object, rank: _Rank) -> None:
        self._ranks[key] = max(rank, self._ranks.get(key, rank))

    def _is_above(self, key: object, rank: _Rank) -> bool:
        return self._ranks.get(key, rank) > rank

    def outdoes(self, claim: _Claim) -> bool:
        """Whether better links know both hosts, and none of these by the address that they have by this one. The same service,
        reached by the other family of addresses, is no contradiction."""
        if self._is_above(claim.service(other_family=True), claim.rank):
            return False
        return all(
            self._is_above(host, claim.rank) and not self._is_above((host, ip), claim.rank)
            for host, ip in claim.addresses.items()
        )


def _is_refuted(claim: _Claim, back: Sequence[_Claim], skew: Mapping[str, int]) -> bool:
    """Whether an inside link between the same hosts, in the other direction (`back`) and by other addresses, shows that the
    accepts of an outside one come before its connects. The sum of the delays of both directions is free of the difference of
    the clocks, and is negative for no two real links."""
    if not back or claim.rank[2]:
        return False
    delay = _delay(claim, skew)
    return any(
        delay + _delay(other, skew) < -TICK_MS
        for other in back
        if not set(other.addresses.values()) & set(claim.addresses.values())
    )


def _delay(claim: _Claim, skew: Mapping[str, int]) -> float:
    """Accept minus the nearest connect in ms, as the median of all accepts."""
    ahead = skew[claim.server.host] - skew[claim.client.host]
    opened = [end.ms - ahead for end in claim.client.ends]
    found = []
    for end in claim.server.ends:
        place = bisect_left(opened, end.ms)
        found.append(min((end.ms - time for time in opened[max(place - 1, 0) : place + 1]), key=abs))
    return median(found)
