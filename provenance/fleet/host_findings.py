"""The result of a join for each host: its addresses, those that may be its own, and its clock, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from provenance.fleet.elimination import by_elimination
from provenance.fleet.ends import LOOPBACK, Ends
from provenance.fleet.leases import plain
from provenance.fleet.link import Link
from provenance.fleet.owners import Owners
from provenance.fleet.pairing import JoinedPair
from provenance.store.hosts import CERTAIN, FoundAddress, FoundClock, FoundHost, GivenAddress, GivenHost, Origin
from provenance.text.counts import counted

_UNPAIRED_CLOCK = 0.3


class Evidence(NamedTuple):
    """The data of a join at its end. `stated` is what users gave, `skew` the whole correction of each clock."""

    ends: Ends
    known: Owners
    links: Sequence[Link]
    pairs: Sequence[JoinedPair]
    stated: Mapping[str, GivenHost]
    skew: Mapping[str, int]


def found_of(evidence: Evidence) -> dict[str, FoundHost]:
    """The result of a join by host, for the hosts of which it is more than the addresses in their own log."""
    addresses = _addresses(evidence)
    clocks = _clocks(evidence)
    found = {host: FoundHost(tuple(_in_order(addresses.get(host, {}))), clocks[host]) for host in evidence.skew}
    return {host: one for host, one in found.items() if _adds_to_the_log(one)}


def _adds_to_the_log(found: FoundHost) -> bool:
    return found.clock.origin is not Origin.NONE or any(one.origin is not Origin.LOG for one in found.addresses)


_ByAddress = dict[GivenAddress, FoundAddress]


def _in_order(found: _ByAddress) -> list[FoundAddress]:
    return sorted(found.values(), key=lambda one: (-one.confidence, one.ip, one.since or 0, one.until or 0))


def _addresses(evidence: Evidence) -> dict[str, _ByAddress]:
    found: dict[str, _ByAddress] = {host: {} for host in evidence.skew}
    for host, given in evidence.stated.items():
        for address in given.addresses:
            found.setdefault(host, {})[address] = FoundAddress(
                address.ip, Origin.GIVEN, 1.0, "given by a user", address.since, address.until
            )
    for host, names in evidence.known.addresses.items():
        own = found.setdefault(host, {})
        ips = {address.ip for address in own}
        for ip in sorted(set(map(plain, names)) - ips):
            reason = "a socket of the host was bound to it, or Zeek saw it"
            own[GivenAddress(ip)] = FoundAddress(ip, Origin.LOG, 1.0, reason)
    for host, guess in (*_from_links(evidence), *_from_signs(evidence), *_left_over(evidence)):
        own = found.setdefault(host, {})
        if guess.ip not in {one.ip for one in own.values() if one.origin is not Origin.GUESSED}:
            known = own.get(GivenAddress(guess.ip))
            if known is None or guess.confidence > known.confidence:
                own[GivenAddress(guess.ip)] = guess
    return found


def _from_links(evidence: Evidence) -> Iterator[tuple[str, FoundAddress]]:
    """The addresses that links claim for hosts. Several hosts that are candidates for one address share the confidence."""
    best: dict[tuple[str, str], Link] = {}
    for link in evidence.links:
        out, into = evidence.ends.out[link.out], evidence.ends.into[link.into]
        if out.ip == LOOPBACK:
            continue
        for host, name in ((into.host, out.ip), (out.host, into.ip)):
            if name in evidence.known.hosts:
                continue
            known = best.get((host, name))
            if known is None or _worth(link) > _worth(known):
                best[host, name] = link
    rivals: dict[str, int] = {}
    for (_, name), link in best.items():
        rivals[name] = rivals.get(name, 0) + (_worth(link) <= CERTAIN)
    for (host, name), link in sorted(best.items()):
        confidence, reason = _worth(link), link.reason
        if confidence <= CERTAIN and rivals[name] > 1:
            confidence, reason = confidence / rivals[name], f"{reason}; one of {rivals[name]} hosts that fit"
        yield host, FoundAddress(plain(name), Origin.GUESSED, round(confidence, 3), reason)


def _from_signs(evidence: Evidence) -> Iterator[tuple[str, FoundAddress]]:
    """The addresses of joins that more than their times shows."""
    for pair in evidence.pairs:
        a, b = pair.opened, pair.accepted
        if pair.evidence and a.host != b.host and LOOPBACK not in (a.ip, b.ip):
            for host, ip in ((b.host, a.ip), (a.host, b.ip)):
                if ip not in evidence.known.hosts:
                    yield host, FoundAddress(ip, Origin.GUESSED, round(pair.confidence, 3), pair.reason)


def _worth(link: Link) -> float:
    """The confidence of what a link says of addresses: one that is not firm is a candidate at most."""
    return link.confidence if link.firm else min(link.confidence, CERTAIN)


def _left_over(evidence: Evidence) -> Iterator[tuple[str, FoundAddress]]:
    """The addresses of peers that only one host could be."""
    for one in by_elimination(evidence.ends, evidence.known, evidence.pairs):
        yield one.host, FoundAddress(one.ip, Origin.GUESSED, one.confidence, one.reason)


def _clocks(evidence: Evidence) -> dict[str, FoundClock]:
    near: dict[str, dict[str, list[float]]] = {host: {} for host in evidence.skew}
    for pair in evidence.pairs:
        a, b = pair.opened.host, pair.accepted.host
        if a != b:
            near[a].setdefault(b, []).append(pair.confidence)
            near[b].setdefault(a, []).append(pair.confidence)
    references = _references(evidence, near)
    return {host: _clock(host, evidence, near[host], host in references) for host in evidence.skew}


def _references(evidence: Evidence, near: Mapping[str, Mapping[str, object]]) -> set[str]:
    """The host of each linked part of the fleet whose clock the others are compared with: the one with the most
    connections, where no clock is given."""
    found: set[str] = set()
    done: set[str] = set()
    ordered = sorted(near, key=lambda host: (-evidence.ends.hosts.get(host, 0), host))
    for root in ordered:
        part, waiting = {root}, [root]
        while waiting:
            for other in near[waiting.pop()]:
                if other not in part:
                    part.add(other)
                    waiting.append(other)
        if root not in done and len(part) > 1 and not any(_given_clock(evidence, host) for host in part):
            found.add(root)
        done |= part
    return found


def _given_clock(evidence: Evidence, host: str) -> bool:
    return host in evidence.stated and evidence.stated[host].clock_ms is not None


def _clock(host: str, evidence: Evidence, near: Mapping[str, list[float]], reference: bool) -> FoundClock:
    ms = evidence.skew[host]
    if _given_clock(evidence, host):
        return FoundClock(ms, Origin.GIVEN, 1.0, "given by a user")
    if reference:
        return FoundClock(ms, Origin.REFERENCE, 1.0, "the other hosts' clocks are compared with this one")
    if near:
        count = sum(map(len, near.values()))
        reason = f"from {counted(count, 'connection')} with {', '.join(sorted(near))}"
        return FoundClock(ms, Origin.GUESSED, round(max(map(max, near.values())), 3), reason)
    if ms:
        return FoundClock(ms, Origin.GUESSED, _UNPAIRED_CLOCK, "from the pauses between connections")
    return FoundClock(ms, Origin.NONE, 0.0, "no connection compares it with another host's clock")
