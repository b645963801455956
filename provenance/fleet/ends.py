"""The ends of connections, merged and grouped for the join."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from provenance.fleet.leases import Leases
from provenance.fleet.local import PROTOCOL as LOCAL
from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Connection

LOOPBACK = "loopback"
"""Replaces every address at which a host reaches only itself."""

_STREAMS = frozenset(("tcp", "sctp", "ip"))
"""Protocols with an accept. `ip` is a socket whose creation no record shows: its connect may be a stream's."""


class End(NamedTuple):
    """One end of a connection. `ip` and `port` are the remote ones; `ms` is the record time behind `first`, by the host's given
    clock."""

    host: str
    endpoint: int
    protocol: str
    ip: str
    port: int
    local_ip: str | None
    local_port: int | None
    process: int
    first: int
    last: int
    ms: int


class Group(NamedTuple):
    """The ends of one host that look alike, in order of time.

    Outbound: `ip` and `port` of the server. Inbound: `ip` of the client and `port` of the listener, which is None, and
    `listener` its process, when it was bound before the log began. `ip` is the name of an address in `Leases`.
    """

    host: str
    ip: str
    port: int | None
    listener: int | None
    ends: list[End]


@dataclass(slots=True)
class Ends:
    """All ends that can be joined, and how many cannot."""

    out: list[Group] = field(default_factory=list)
    into: list[Group] = field(default_factory=list)
    hosts: dict[str, int] = field(default_factory=dict)
    bound: dict[str, set[str]] = field(default_factory=dict)
    datagrams: int = 0
    malformed: int = 0


_Key = tuple[str, int, int, bool, str, str, int, str | None, int | None, int]
"""A Connection without its `last`."""


@lru_cache(maxsize=65536)
def address(text: str) -> str | None:
    """An address in canonical form, IPv4-mapped ones as IPv4, without a zone; or LOOPBACK; None when it is invalid."""
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return LOOPBACK if ip.is_loopback or ip.is_unspecified else str(ip)


def own_address(text: str | None) -> str | None:
    """The address of its host that a socket's local address shows; None for the wildcard and loopback addresses."""
    ip = address(text) if text is not None else None
    return None if ip == LOOPBACK else ip


def gather(connections: Iterable[Connection], clocks: Mapping[str, int], leases: Leases) -> Ends:
    """Merge the ends that several holders report, and group them. The order of the input changes nothing. `clocks` are what
    users gave to add to the times of hosts, in ms."""
    found = Ends()
    latest: dict[_Key, int] = {}
    for connection in connections:
        if connection.protocol == LOCAL:
            continue
        key: _Key = connection[:-1]
        last = connection.last
        if last >= latest.get(key, last):
            latest[key] = last
    out: dict[tuple[str, str, int | None, int | None], list[End]] = {}
    into: dict[tuple[str, str, int | None, int | None], list[End]] = {}
    for key, last in latest.items():
        found.hosts[key[0]] = found.hosts.get(key[0], 0) + 1
        connection = Connection(*key, last)
        end = _end(found, connection, clocks.get(connection.host, 0))
        if end is None:
            continue
        name = leases.name(end.ip, end.ms)
        if connection.inbound:
            listener = end.process if end.local_port is None else None
            into.setdefault((end.host, name, end.local_port, listener), []).append(end)
        else:
            out.setdefault((end.host, name, end.port, None), []).append(end)
    found.out, found.into = _groups(out), _groups(into)
    return found


def _end(found: Ends, key: Connection, clock: int) -> End | None:
    if key.protocol not in _STREAMS:
        found.datagrams += 1
        return None
    ip = address(key.remote_ip)
    if ip is None:
        found.malformed += 1
        return None
    local = own_address(key.local_ip)
    if local is not None:
        found.bound.setdefault(key.host, set()).add(local)
    port = key.local_port or None
    return End(
        key.host,
        key.endpoint,
        key.protocol,
        ip,
        key.remote_port,
        local,
        port,
        key.process,
        key.first,
        key.last,
        ms_of(key.first) + clock,
    )


def _groups(ends: dict[tuple[str, str, int | None, int | None], list[End]]) -> list[Group]:
    def order(group: Group) -> tuple[str, str, int, int]:
        return group.host, group.ip, group.port or 0, group.listener or 0

    groups = [Group(*key, sorted(members, key=_time)) for key, members in ends.items()]
    return sorted(groups, key=order)


def _time(end: End) -> tuple[int, int, int, int]:
    return end.first, end.port, end.endpoint, end.process
