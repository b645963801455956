"""The join within one host: which connect to an AF_UNIX path is which accept of a listener that the log never saw bound.

A daemon that is older than the log, or rules without bind, leave accepts of which no record says the path. The connects
to one path and the accepts of one program then pair one to one in order of serials: the kernel hands out waiting connections
first in, first out (unix_accept takes the head of the listener's queue, net/unix/af_unix.c). What does not pair keeps
its peer unknown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from provenance.ingest.clock import ms_of, shift
from provenance.ingest.facts import Connection

PROTOCOL = "unix"
_LATE_MS = 10_000
"""A pool of which every worker is busy accepts late."""
_EARLY_MS = 100
"""connect may be recorded after the accept that it woke up: serials are given at exit."""
_PROMPT_MS = 250
_CANDIDATES = 8
"""Connects before an accept, and after it, that are compared with it."""
_SOON_MS = 100
"""Two processes that accept within this time may do so in the other order than the records show."""
_CROSSED = 0.5
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
    crossed = _crossed(pairs) | _alone(pairs, connects)
    found = []
    for place, (opened, accepted) in enumerate(pairs):
        worth, why = confidence * (1.0 if one_to_one else 0.7), reason
        if place in crossed:
            worth = min(worth, _CROSSED)
            why = f"{reason}, by order alone: another client waited at the same time"
        if accepted.process in contested:
            worth, why = worth * 0.5, f"{reason}; those to another path fit as well"
        found.append(LocalPair(opened, accepted, worth, why))
    return found


def _crossed(pairs: Sequence[tuple[Connection, Connection]]) -> set[int]:
    """The places of pairs of which two processes took the connections so soon after each other, with both waiting, that the order
    of their records need not be that of the queue: serials are given at the end of the calls."""
    found: set[int] = set()
    for place, ((_, before), (opened, accepted)) in enumerate(pairwise(pairs), 1):
        is_soon = ms_of(accepted.first) - ms_of(before.first) <= _SOON_MS
        if opened.first < before.first and before.process != accepted.process and is_soon:
            found |= {place - 1, place}
    return found


def _alone(pairs: Sequence[tuple[Connection, Connection]], connects: Sequence[Connection]) -> set[int]:
    """The places of pairs beside which another client waited whose accept no record shows: it may be this one."""
    paired = {id(opened) for opened, _ in pairs}
    times = [end.first for end in connects if id(end) not in paired]
    found: set[int] = set()
    for place, (opened, accepted) in enumerate(pairs):
        near = bisect_left(times, shift(opened.first, -_SOON_MS)), bisect_right(times, accepted.first)
        if near[0] < near[1]:
            found.add(place)
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
    return [(connects[a], accepts[b]) for a, b in zip(_queued(connects, opened), sorted(accepted), strict=True)]


def _queued(connects: Sequence[Connection], opened: set[int]) -> list[int]:
    """The places of the connects that were accepted: of some that waited together the first, as the queue hands them out. Those
    that remain are accepted later, after the log ends or in a hole of it."""
    taken: dict[int, None] = {}
    for place in sorted(opened):
        first = place
        for earlier in range(place - 1, max(place - _CANDIDATES, 0) - 1, -1):
            if earlier in opened or earlier in taken or not _together(connects, earlier, place):
                break
            first = earlier
        taken[first] = None
    return list(taken)


def _together(connects: Sequence[Connection], earlier: int, later: int) -> bool:
    return ms_of(connects[later].first) - ms_of(connects[earlier].first) <= _SOON_MS


def _offers(connects: Sequence[Connection], accepts: Sequence[Connection]) -> Iterable[tuple[int, int, int, int]]:
    """For each accept the connects near it: how far away in ms and in order, and the places of both."""
    times = [end.first for end in connects]
    for place, accept in enumerate(accepts):
        middle = bisect_right(times, accept.first)
        for connect in range(max(middle - _CANDIDATES, 0), min(middle + _CANDIDATES, len(connects))):
            ms = ms_of(accept.first) - ms_of(times[connect])
            if -_EARLY_MS <= ms <= _LATE_MS:
                yield (ms if ms >= 0 else -2 * ms), abs(middle - 1 - connect), connect, place
