"""The join within one host: which connect to an AF_UNIX path is which accept of a listener that the log never saw bound.

A daemon that is older than the log, or rules without bind, leave accepts of which no record says the path. The connects
to one path and the accepts of one program then pair one to one in order of serials, as the listener's queue hands them out.
What does not pair keeps its peer unknown.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from provenance.fleet.queue import DOUBTFUL, WHY, doubtful, in_order
from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Connection

PROTOCOL = "unix"
_LATE_MS = 10_000
"""A pool of which every worker is busy accepts late."""
_EARLY_MS = 100
"""connect may be recorded after the accept that it woke up: serials are given at exit."""
_PROMPT_MS = 250
_CANDIDATES = 8
"""Connects before an accept, and after it, that are compared with it."""
_RIVAL = 0.8
_MOSTLY = 0.8
_ENOUGH = 3


class LocalPair(NamedTuple):
    """The two ends of one connection within a host, and how sure it is that they are."""

    opened: Connection
    accepted: Connection
    confidence: float
    reason: str


class LocalJoin(NamedTuple):
    """Connections within hosts, and how many accepts have a peer that nobody knows."""

    pairs: list[LocalPair]
    unknown: int


def join_local(connections: Iterable[Connection]) -> LocalJoin:
    """Pair the AF_UNIX ends of each host. `remote_ip` of a connect is the path; of an accept it is empty when the path of
    its listener is not known. The order of the input changes nothing."""
    hosts: dict[str, list[Connection]] = {}
    for end in _folded(connections):
        hosts.setdefault(end.host, []).append(end)
    pairs: list[LocalPair] = []
    unknown = 0
    for host in sorted(hosts):
        accepts = [end for end in hosts[host] if end.inbound and not end.remote_ip]
        found = _of_host(hosts[host], accepts) if accepts else []
        pairs += found
        unknown += len(accepts) - len(found)
    return LocalJoin(pairs, unknown)


def _folded(connections: Iterable[Connection]) -> list[Connection]:
    """Each end once, with its latest `last`, in order of time."""
    latest: dict[tuple[object, ...], Connection] = {}
    for end in connections:
        if end.protocol == PROTOCOL:
            known = latest.get(end[:-1])
            if known is None or end.last > known.last:
                latest[end[:-1]] = end
    return sorted(latest.values(), key=_order)


def _order(end: Connection) -> tuple[int, int, int]:
    return end.first, end.endpoint, end.process


def _of_host(ends: Sequence[Connection], accepts: Sequence[Connection]) -> list[LocalPair]:
    explained = {end.remote_ip for end in ends if end.inbound and end.remote_ip}
    connects: dict[str, list[Connection]] = {}
    for end in ends:
        if not end.inbound and end.remote_ip not in explained:
            connects.setdefault(end.remote_ip, []).append(end)
    servers: dict[int, list[Connection]] = {}
    for end in accepts:
        servers.setdefault(end.process, []).append(end)
    pools: dict[str, list[Connection]] = {}
    contested: set[int] = set()
    for process, own in sorted(servers.items()):
        path, sure = _path_of(own, connects)
        if path is not None:
            pools.setdefault(path, []).extend(own)
            if not sure:
                contested.add(process)
    found: list[LocalPair] = []
    for path, own in sorted(pools.items()):
        found += _weighed(path, connects[path], sorted(own, key=_order), contested)
    return found


def _path_of(accepts: Sequence[Connection], connects: Mapping[str, Sequence[Connection]]) -> tuple[str | None, bool]:
    """The path to which most accepts of a process have a connect just before them, and whether no other fits as well. Of paths
    that fit as well, as in a chain of daemons in which each connects to the next, the one with the nearest connects."""
    scores: dict[str, tuple[int, int]] = {}
    for path, opened in connects.items():
        times = [end.first for end in opened if end.process != accepts[0].process]
        near = [apart for end in accepts if (apart := _nearest(times, end.first)) is not None]
        scores[path] = (-len(near), sum(near))
    best = sorted(scores.items(), key=lambda item: (item[1], item[0]))[:2]
    if not best or -2 * best[0][1][0] < len(accepts) or best[0][1][0] == 0:
        return None, False
    return best[0][0], len(best) == 1 or best[1][1][0] > _RIVAL * best[0][1][0]


def _nearest(times: Sequence[int], accept: int) -> int | None:
    """How far the connect just before an accept is, else the one just after it; None if neither is near."""
    place = bisect_right(times, accept)
    if place > 0 and ms_of(accept) - ms_of(times[place - 1]) <= _PROMPT_MS:
        return accept - times[place - 1]
    if place < len(times) and ms_of(times[place]) - ms_of(accept) <= _EARLY_MS:
        return 2 * (times[place] - accept)
    return None


def _weighed(
    path: str, connects: Sequence[Connection], accepts: Sequence[Connection], contested: set[int]
) -> list[LocalPair]:
    pairs = _matched(connects, accepts)
    first, last = ms_of(accepts[0].first) - _LATE_MS, ms_of(accepts[-1].first) + _EARLY_MS
    between = sum(first <= ms_of(end.first) <= last for end in connects)
    one_to_one = len(pairs) >= _MOSTLY * max(between, len(accepts))
    confidence = 0.9 if len(pairs) >= _ENOUGH else 0.8 if len(pairs) == 2 else 0.6
    how = "pair one to one" if one_to_one else "pair in part"
    reason = f"{len(pairs)} of {between} connects to {path} and of {len(accepts)} accepts of this program {how}"
    unsure = doubtful(pairs, connects)
    found = []
    for place, (opened, accepted) in enumerate(pairs):
        worth, why = confidence * (1.0 if one_to_one else 0.7), reason
        if place in unsure:
            worth, why = min(worth, DOUBTFUL), f"{reason}, {WHY}"
        if accepted.process in contested:
            worth, why = worth * 0.5, f"{reason}; those to another path fit as well"
        found.append(LocalPair(opened, accepted, worth, why))
    return found


def _matched(connects: Sequence[Connection], accepts: Sequence[Connection]) -> list[tuple[Connection, Connection]]:
    """Connects with accepts, the nearest first, each once; then in order, as the listener's queue hands them out."""
    offers = sorted(_offers(connects, accepts))
    opened: set[int] = set()
    accepted: set[int] = set()
    for _, _, connect, accept in offers:
        if connect not in opened and accept not in accepted:
            opened.add(connect)
            accepted.add(accept)
    return in_order(connects, opened, accepts, accepted)


def _offers(connects: Sequence[Connection], accepts: Sequence[Connection]) -> Iterable[tuple[int, int, int, int]]:
    """For each accept the connects near it: how far away in ms and in order, and the places of both."""
    times = [end.first for end in connects]
    for place, accept in enumerate(accepts):
        middle = bisect_right(times, accept.first)
        for connect in range(max(middle - _CANDIDATES, 0), min(middle + _CANDIDATES, len(connects))):
            ms = ms_of(accept.first) - ms_of(times[connect])
            if -_EARLY_MS <= ms <= _LATE_MS:
                yield (ms if ms >= 0 else -2 * ms), abs(middle - 1 - connect), connect, place
