"""Joins: connects and accepts of linked groups, one to one, with a confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from provenance.fleet.clocks import TICK_MS
from provenance.fleet.ends import End, Ends
from provenance.fleet.links import Link
from provenance.fleet.matching import EARLY_MS, LATE_MS, Match, nearest

_SLOW_MS = 1000
_SAME_PORT = 0.99


class Joined(NamedTuple):
    """Two ends of one connection. `ms` is accept minus connect by the corrected clocks."""

    opened: End
    accepted: End
    port: int
    ms: int
    confidence: float
    reason: str


Bundle = tuple[str, str, int]


def pair(ends: Ends, links: Sequence[Link], skew: Mapping[str, int]) -> list[Joined]:
    """Join the ends of firm links first, each once; then the remaining ends, which several links may claim."""
    found: list[Joined] = []
    for members in _bundles(ends, [link for link in links if link.firm]):
        found += _pair_bundle(ends, members, skew, set())
    taken = {id(end) for joined in found for end in (joined.opened, joined.accepted)}
    loose: list[Joined] = []
    for members in _bundles(ends, [link for link in links if not link.firm]):
        loose += _pair_bundle(ends, members, skew, taken)
    return found + _shared(loose)


def _bundles(ends: Ends, links: Sequence[Link]) -> list[list[Link]]:
    """Links grouped by client host, server host and port, as a host may have several addresses."""
    found: dict[Bundle, list[Link]] = {}
    for link in links:
        out, into = ends.out[link.out], ends.into[link.into]
        found.setdefault((out.host, into.host, out.port or 0), []).append(link)
    return [found[key] for key in sorted(found)]


def _shared(loose: Sequence[Joined]) -> list[Joined]:
    """Joins that claim the same end are all kept, with their confidence divided by their number."""
    claims: dict[int, int] = {}
    for joined in loose:
        for end in (joined.opened, joined.accepted):
            claims[id(end)] = claims.get(id(end), 0) + 1
    found = []
    for joined in loose:
        rivals = max(claims[id(joined.opened)], claims[id(joined.accepted)])
        if rivals > 1:
            reason = f"{joined.reason}; one of {rivals} candidates that fit"
            joined = joined._replace(confidence=joined.confidence / rivals, reason=reason)
        found.append(joined)
    return found


def _pair_bundle(ends: Ends, links: Sequence[Link], skew: Mapping[str, int], taken: set[int]) -> list[Joined]:
    best = max(links, key=lambda link: link.confidence)
    outs = {place: ends.out[place] for place in (link.out for link in links)}
    intos = {place: ends.into[place] for place in (link.into for link in links)}
    opened = sorted((e for g in outs.values() for e in g.ends if id(e) not in taken), key=_time)
    accepted = sorted((e for g in intos.values() for e in g.ends if id(e) not in taken), key=_time)
    port = next(iter(outs.values())).port or 0
    by_port = _same_ports(opened, accepted, skew)
    used = {id(end) for a, b, _ in by_port for end in (a, b)}
    opened = [end for end in opened if end.local_port is None]
    accepted = [end for end in accepted if id(end) not in used]
    found = [Joined(a, b, port, ms, _SAME_PORT, "the client's port is the same on both hosts") for a, b, ms in by_port]
    a_times, b_times = _corrected(opened, skew), _corrected(accepted, skew)
    matches = nearest(a_times, b_times)
    return found + [_weigh(opened[match.opened], accepted[match.accepted], port, match, best) for match in matches]


def _time(end: End) -> tuple[int, str, int, int]:
    return end.first, end.ip, end.port, end.endpoint


def _corrected(ends: Sequence[End], skew: Mapping[str, int]) -> list[int]:
    return [end.ms + skew[end.host] for end in ends]


def _same_ports(opened: Sequence[End], accepted: Sequence[End], skew: Mapping[str, int]) -> list[tuple[End, End, int]]:
    """Connects of sockets that were bound to a port, each with the nearest accept from that port."""
    by_port: dict[int, list[End]] = {}
    for end in accepted:
        by_port.setdefault(end.port, []).append(end)
    found = []
    for end in opened:
        candidates = by_port.get(end.local_port, []) if end.local_port is not None else []
        distances = [(abs(c.ms + skew[c.host] - end.ms - skew[end.host]), i) for i, c in enumerate(candidates)]
        if distances and min(distances)[0] <= max(LATE_MS, EARLY_MS):
            other = candidates.pop(min(distances)[1])
            found.append((end, other, other.ms + skew[other.host] - end.ms - skew[end.host]))
    return found


def _weigh(opened: End, accepted: End, port: int, match: Match, link: Link) -> Joined:
    confidence, reason = link.confidence, link.reason
    if match.ms < -TICK_MS:
        confidence, reason = confidence * 0.8, f"{reason}; accept was called {-match.ms} ms before the connect"
    elif match.ms > _SLOW_MS:
        confidence, reason = confidence * 0.8, f"{reason}; accepted {match.ms} ms after the connect"
    if accepted.local_port is None:
        confidence, reason = confidence * 0.95, f"{reason}; the listener was bound before the log began"
    return Joined(opened, accepted, port, match.ms, confidence, reason)
