"""The signs of a store's connections: what clients requested on their command lines, and what servers report of their peers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provenance.fleet import Request, Signs, Visit, requested
from provenance.ingest.facts import Connection
from provenance.store.interface import Store

_SSH = 22
_MOST = 5_000
"""The most connects, and the most accepts, whose nodes are read: those of SSH first, the latest first."""


def signs_of(store: Store, connections: Sequence[Connection]) -> Signs:
    """The signs of TCP connections. Raises StoreError."""
    streams = [end for end in connections if end.protocol in ("tcp", "ip")]
    if len({end.host for end in streams}) < 2:
        return Signs()
    callers = _first(end.process for end in sorted(streams, key=_by_remote_port) if not end.inbound)
    visited = _first(end.endpoint for end in sorted(streams, key=_by_local_port) if end.inbound)
    requests: dict[int, Request] = {}
    for process in store.nodes(callers).values():
        request = requested(process.attributes.get("argv") or ())
        if request is not None:
            requests[process.id] = request
    visits: dict[int, Visit] = {}
    for endpoint in store.nodes(visited).values():
        known = endpoint.attributes
        visit = Visit(
            known.get("account"),
            known.get("requested"),
            known.get("fingerprint"),
            known.get("local_ip"),
            tuple(known.get("commands") or ()),
        )
        if any(visit):
            visits[endpoint.id] = visit
    return Signs(requests, visits, _keys(streams, visits))


def _keys(streams: Sequence[Connection], visits: Mapping[int, Visit]) -> dict[str, frozenset[str]]:
    """The hosts that each key logged in to."""
    found: dict[str, set[str]] = {}
    for end in streams:
        visit = visits.get(end.endpoint) if end.inbound else None
        if visit is not None and visit.fingerprint:
            found.setdefault(visit.fingerprint, set()).add(end.host)
    return {key: frozenset(hosts) for key, hosts in found.items()}


def _first(ids: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(ids))[:_MOST]


def _by_remote_port(end: Connection) -> tuple[bool, int, int]:
    return end.remote_port != _SSH, -end.first, end.process


def _by_local_port(end: Connection) -> tuple[bool, int, int]:
    return end.local_port not in (None, _SSH), -end.first, end.endpoint
