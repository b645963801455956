"""The join across hosts (docs/across-hosts.md): REACHED flows, addresses learned, clocks corrected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from provenance.fleet.account_evidence import clocks_shown, identified_matches
from provenance.fleet.ends import LOOPBACK, Ends, gather
from provenance.fleet.host_findings import Evidence, found_of
from provenance.fleet.leases import Leases, plain
from provenance.fleet.link import Link
from provenance.fleet.links import choose, votes
from provenance.fleet.local import LocalPair, join_local
from provenance.fleet.owners import Owners, owners
from provenance.fleet.pairing import JoinedPair, match, weigh
from provenance.fleet.refining import refine
from provenance.fleet.signs import NO_SIGNS, Signs, add_own_addresses, identify
from provenance.fleet.skews import estimate_skews
from provenance.fleet.wire import on_the_wire
from provenance.fleet.zeek import ZeekConn
from provenance.ingest.clock import shift
from provenance.ingest.facts import Connection, Flow, FlowKind
from provenance.store.hosts import FoundHost, GivenHost

_NOTHING_STATED: Mapping[str, GivenHost] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class JoinResult:
    """The result of a join.

    `flows` are REACHED flows, two for each connection seen from both ends. `addresses` are what each host is known by:
    given, bound, seen by Zeek or inferred. `skew_ms` is what to add to a host's times to put them on the fleet's clock.
    `unexplained` counts the ends that were not joined: see `docs/across-hosts.md`. `found` says of the addresses and clocks
    where they come from and how certain they are, and which addresses may be a host's own.
    """

    flows: list[Flow]
    addresses: dict[str, tuple[str, ...]]
    skew_ms: dict[str, int]
    unexplained: dict[str, int]
    found: dict[str, FoundHost]


def join(
    connections: Iterable[Connection],
    given: Mapping[str, Sequence[str]],
    certain: Iterable[ZeekConn] = (),
    stated: Mapping[str, GivenHost] = _NOTHING_STATED,
    signs: Signs = NO_SIGNS,
) -> JoinResult:
    """Find which ends are the same connection. `given` are addresses that the caller knows, by host; `certain`
    are connections that Zeek saw between them; `stated` is what users gave of hosts: addresses, also for a time only, and
    clocks; `signs` are what records say of connections beside their times. Pure: equal input in any order gives equal output.
    It raises nothing: invalid addresses are counted."""
    connections = list(connections)
    leases = Leases(stated)
    clocks = {host: one.clock_ms for host, one in stated.items() if one.clock_ms is not None}
    given = _with_stated(given, stated)
    ends = gather(connections, clocks, leases)
    add_own_addresses(ends, signs)
    wire = on_the_wire(certain)
    known = owners(ends, given, wire.by_client, leases)
    hosts = dict.fromkeys(given, 0) | ends.hosts
    fixed = frozenset(clocks)
    skew = dict.fromkeys(hosts, 0)
    links = choose(ends, votes(ends, skew, known), skew, known)
    identified = identify(ends, signs, known)
    shown = clocks_shown(identified, ends, links, fixed)
    first = estimate_skews(ends, known, links, hosts, fixed, shown.offsets)
    if any(first.skew.values()) or first.doubted:
        skew = first.skew
        links = choose(ends, votes(ends, skew, known), skew, known, first.doubted)
    found_already = identified_matches(identified, ends, links, skew, shown.alone)
    matches = match(ends, links, skew, found_already)
    refined = refine(matches, skew, hosts, fixed)
    if refined != skew:
        found_already = identified_matches(identified, ends, links, refined, shown.alone)
        matches = match(ends, links, refined, found_already)
        refined = refine(matches, refined, hosts, fixed)
    skew = refined
    pairs = wire.confirm(weigh(matches, skew, signs), skew)
    skew = {host: ms + clocks.get(host, 0) for host, ms in skew.items()}
    local = join_local(connections)
    across = (flow for joined in pairs for flow in _flows(joined, skew))
    within = (flow for joined in local.pairs for flow in _local_flows(joined))
    unexplained = _unexplained(ends, pairs, first.left_out, known) | {"unknown_client": local.unknown}
    flows = sorted((*across, *within), key=_order)
    found = found_of(Evidence(ends, known, links, pairs, stated, skew))
    return JoinResult(flows, _addresses(ends, given, known, links), skew, unexplained, found)


def _with_stated(given: Mapping[str, Sequence[str]], stated: Mapping[str, GivenHost]) -> dict[str, Sequence[str]]:
    """The addresses that are given of each host."""
    found: dict[str, Sequence[str]] = dict(given)
    for host, one in stated.items():
        found[host] = [*found.get(host, ()), *(address.ip for address in one.addresses)]
    return found


def _flows(joined: JoinedPair, skew: Mapping[str, int]) -> Iterator[Flow]:
    """Both directions. The server's side cannot have begun before the client's, whatever accept's record says."""
    a, b = joined.opened, joined.accepted
    ahead = skew[a.host] - skew[b.host]
    begun = max(b.first, shift(a.first, ahead))
    confidence = round(joined.confidence, 3)
    evidence = {"evidence": list(joined.evidence)} if joined.evidence else {}
    forth = {"confidence": confidence, "skew": ahead, "reason": joined.reason} | evidence
    back = {"confidence": confidence, "skew": -ahead, "reason": joined.reason} | evidence
    yield Flow(FlowKind.REACHED, a.endpoint, b.endpoint, a.first, a.last, 1, b"", False, forth)
    yield Flow(FlowKind.REACHED, b.endpoint, a.endpoint, begun, max(b.last, begun), 1, b"", False, back)


def _local_flows(joined: LocalPair) -> Iterator[Flow]:
    """Both directions of a connection within a host."""
    a, b = joined.opened, joined.accepted
    begun = max(a.first, b.first)
    detail = {"confidence": round(joined.confidence, 3), "skew": 0, "reason": joined.reason}
    yield Flow(FlowKind.REACHED, a.endpoint, b.endpoint, a.first, a.last, 1, b"", False, detail)
    yield Flow(FlowKind.REACHED, b.endpoint, a.endpoint, begun, max(b.last, begun), 1, b"", False, detail)


def _order(flow: Flow) -> tuple[int, int, int]:
    return flow.first, flow.source, flow.target


def _addresses(
    ends: Ends, given: Mapping[str, Sequence[str]], known: Owners, links: Sequence[Link]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {host: set() for host in (*given, *ends.hosts)}
    for ip, hosts in known.hosts.items():
        for host in hosts:
            found[host].add(plain(ip))
    for link in links:
        out, into = ends.out[link.out], ends.into[link.into]
        if link.firm and link.confidence > 0.5 and out.ip != LOOPBACK:
            found[into.host].add(plain(out.ip))
            found[out.host].add(plain(into.ip))
    return {host: tuple(sorted(found[host])) for host in sorted(found)}


def _unexplained(ends: Ends, pairs: Sequence[JoinedPair], left_out: int, known: Owners) -> dict[str, int]:
    opened = {id(joined.opened) for joined in pairs}
    accepted = {id(joined.accepted) for joined in pairs}
    counts = {
        "connect_elsewhere": 0,
        "connect_to_host": 0,
        "accept_elsewhere": 0,
        "accept_from_host": 0,
        "datagram": ends.datagrams,
        "no_address": ends.malformed,
        "not_compared": left_out,
    }
    for group in ends.out:
        key = "connect_to_host" if group.ip == LOOPBACK or group.ip in known.hosts else "connect_elsewhere"
        counts[key] += sum(id(end) not in opened for end in group.ends)
    for group in ends.into:
        key = "accept_from_host" if group.ip == LOOPBACK or group.ip in known.hosts else "accept_elsewhere"
        counts[key] += sum(id(end) not in accepted for end in group.ends)
    return counts
