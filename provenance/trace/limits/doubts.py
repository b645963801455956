"""What is guessed, in words, for where a trace uses it: connections between hosts, and clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from provenance.store.hosts import FoundHost, Origin, found_hosts
from provenance.store.interface import Store
from provenance.trace.result import HostReached, TraceEdge

SURE = 0.95
"""Joins of this confidence are not guessed: both addresses are known, or many connections agree."""
Found = Mapping[str, FoundHost]


def with_doubts(hosts: Iterable[HostReached], edges: Iterable[TraceEdge], found: Found) -> tuple[HostReached, ...]:
    """The hosts, each with the confidence of the best connection that leads there, and what of it is guessed."""
    by_id = {edge.id: edge for edge in edges}
    return tuple(_with_doubt(host, [by_id[id] for id in host.via if id in by_id], found) for host in hosts)


def _with_doubt(host: HostReached, via: list[TraceEdge], found: Found) -> HostReached:
    if not via:
        return host
    best = max(via, key=lambda edge: edge.confidence)
    evidence = tuple(str(one) for one in (best.detail or {}).get("evidence", ()))
    if best.confidence >= SURE:
        return replace(host, confidence=best.confidence, evidence=evidence)
    reason = str((best.detail or {}).get("reason", ""))
    doubts = [f"connection guessed, confidence {best.confidence:g}{f': {reason}' if reason else ''}"]
    clock = found[host.host].clock if host.host in found else None
    if clock is not None and clock.origin is Origin.GUESSED and clock.ms and clock.confidence < SURE:
        doubts.append(f"clock {clock.ms / 1000:+.3f} s guessed")
    return replace(host, confidence=best.confidence, doubt="; ".join(doubts), evidence=evidence)


def found_in(store: Store) -> Found:
    """What the join found of hosts. Raises StoreError."""
    return found_hosts(store.documents())
