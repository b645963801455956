"""What is guessed, in words, for where a trace uses it: connections between hosts, and clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from provenance.store.hosts import FoundHost, Origin, found_hosts
from provenance.store.interface import Node, Store
from provenance.trace.result import HostReached, Slice, TraceEdge

SURE = 0.95
"""From this confidence on, a connection is as good as known: both addresses are known, or many connections agree."""
FoundHosts = Mapping[str, FoundHost]


def with_doubts(hosts: Iterable[HostReached], slice_: Slice, found: FoundHosts) -> tuple[HostReached, ...]:
    """The hosts, each with the confidence of the best connection that leads there, and what of it and of its clock is guessed."""
    by_id = {edge.id: edge for edge in slice_.edges}
    return tuple(
        _with_doubt(_with_clock(host, found), [by_id[id] for id in host.via if id in by_id], slice_.nodes, found)
        for host in hosts
    )


def _with_clock(host: HostReached, found: FoundHosts) -> HostReached:
    clock = found[host.host].clock if host.host in found else None
    if clock is None or clock.origin is not Origin.GUESSED:
        return host
    return replace(host, clock_confidence=clock.confidence)


def _with_doubt(host: HostReached, via: list[TraceEdge], nodes: Mapping[int, Node], found: FoundHosts) -> HostReached:
    if not via:
        return host
    best = max(via, key=lambda edge: edge.confidence)
    evidence = tuple(str(one) for one in (best.detail or {}).get("evidence", ()))
    host = replace(host, confidence=best.confidence, evidence=evidence)
    what = "connection" if best.confidence < SURE else "addresses"
    if best.confidence >= SURE and not _by_guessed_addresses(best, nodes, found):
        return host
    reason = str((best.detail or {}).get("reason", ""))
    doubts = [f"{what} guessed, confidence {best.confidence:g}{f': {reason}' if reason else ''}"]
    clock = found[host.host].clock if host.host in found else None
    if clock is not None and clock.origin is Origin.GUESSED and clock.ms:
        sure = f", confidence {clock.confidence:g}" if clock.confidence >= SURE else ""
        doubts.append(f"clock {clock.ms / 1000:+.3f} s guessed{sure}")
    return replace(host, doubt="; ".join(doubts))


def _by_guessed_addresses(join: TraceEdge, nodes: Mapping[int, Node], found: FoundHosts) -> bool:
    """Whether a join depends on addresses that were inferred from other connections. What an endpoint of the one host names is
    an address of the other."""
    if join.confidence >= 1:
        return False
    source, target = nodes[join.source], nodes[join.target]
    return any(
        address.origin is Origin.GUESSED and address.ip == seen.attributes.get("ip")
        for seen, owner in ((source, target.host), (target, source.host))
        for address in (found[owner].addresses if owner in found else ())
    )


def found_in(store: Store) -> FoundHosts:
    """What the join found of hosts. Raises StoreError."""
    return found_hosts(store.documents())
