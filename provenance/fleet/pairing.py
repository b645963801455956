"""Matches: connects and accepts of linked groups, one to one, with a confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from provenance.fleet.clocks import TICK_MS
from provenance.fleet.ends import End, Ends
from provenance.fleet.link import Link
from provenance.fleet.matching import EARLY_MS, LATE_MS, nearest
from provenance.fleet.matching import Match as Pair
from provenance.fleet.queue import DOUBTFUL, SOON_MS, WHY, doubtful, in_order
from provenance.fleet.signs import NO_SIGNS, Signs

_SLOW_MS = 1000
_SAME_PORT = 0.99


class JoinedPair(NamedTuple):
    """Two ends of one connection. `ms` is accept minus connect by the corrected clocks."""

    opened: End
    accepted: End
    port: int
    ms: int
    confidence: float
    reason: str
    evidence: tuple[str, ...] = ()
    """What is equal on both hosts beside the times, in words."""


class Match(NamedTuple):
    """Two ends that are taken for one connection, and how sure that is before their times are compared."""

    opened: End
    accepted: End
    port: int
    confidence: float
    reason: str
    same_port: bool = False

    def delay(self, skew: Mapping[str, int]) -> int:
        """Accept minus connect in ms by the corrected clocks."""
        a, b = self.opened, self.accepted
        return b.ms + skew[b.host] - a.ms - skew[a.host]


Bundle = tuple[str, str, int]


def match(ends: Ends, links: Sequence[Link], skew: Mapping[str, int], identified: Sequence[Match] = ()) -> list[Match]:
    """Match the ends of firm links first, each once; then the remaining ends, which several links may claim. `identified`
    are matches that are made already."""
    found = list(identified)
    taken = {id(end) for one in found for end in (one.opened, one.accepted)}
    for members in _bundles(ends, [link for link in links if link.firm]):
        found += _match_bundle(ends, members, skew, taken)
    taken = {id(end) for one in found for end in (one.opened, one.accepted)}
    loose: list[Match] = []
    for members in _bundles(ends, [link for link in links if not link.firm]):
        loose += _match_bundle(ends, members, skew, taken)
    return found + _shared(loose)


def weigh(matches: Sequence[Match], skew: Mapping[str, int], signs: Signs = NO_SIGNS) -> list[JoinedPair]:
    """The joins that matches are, by the final corrections of the clocks and by their signs. An accept that is early or late is
    less certain."""
    found = []
    for one in matches:
        ms, confidence, reason = one.delay(skew), one.confidence, one.reason
        if not one.same_port:
            if ms < -TICK_MS:
                confidence, reason = confidence * 0.8, f"{reason}; accept was called {-ms} ms before the connect"
            elif ms > _SLOW_MS:
                confidence, reason = confidence * 0.8, f"{reason}; accepted {ms} ms after the connect"
        compared = signs.compare(one.opened, one.accepted)
        if not one.same_port:
            confidence = compared.weigh(confidence)
        reason = "; ".join(filter(None, (reason, compared.words())))
        found.append(JoinedPair(one.opened, one.accepted, one.port, ms, confidence, reason, compared.agree))
    return found


def _bundles(ends: Ends, links: Sequence[Link]) -> list[list[Link]]:
    """Links grouped by client host, server host and port, as a host may have several addresses."""
    found: dict[Bundle, list[Link]] = {}
    for link in links:
        out, into = ends.out[link.out], ends.into[link.into]
        found.setdefault((out.host, into.host, out.port or 0), []).append(link)
    return [found[key] for key in sorted(found)]


def _shared(loose: Sequence[Match]) -> list[Match]:
    """Matches that claim the same end are all kept, with their confidence divided by their number."""
    claims: dict[int, int] = {}
    for one in loose:
        for end in (one.opened, one.accepted):
            claims[id(end)] = claims.get(id(end), 0) + 1
    found = []
    for one in loose:
        rivals = max(claims[id(one.opened)], claims[id(one.accepted)])
        if rivals > 1:
            reason = f"{one.reason}; one of {rivals} candidates that fit"
            one = one._replace(confidence=one.confidence / rivals, reason=reason)
        found.append(one)
    return found


def _match_bundle(ends: Ends, links: Sequence[Link], skew: Mapping[str, int], taken: set[int]) -> list[Match]:
    best = max(links, key=lambda link: link.confidence)
    outs = {place: ends.out[place] for place in (link.out for link in links)}
    intos = {place: ends.into[place] for place in (link.into for link in links)}
    opened = sorted((e for g in outs.values() for e in g.ends if id(e) not in taken), key=_time)
    accepted = sorted((e for g in intos.values() for e in g.ends if id(e) not in taken), key=_time)
    port = next(iter(outs.values())).port or 0
    by_port = _same_ports(opened, accepted, skew)
    used = {id(end) for a, b in by_port for end in (a, b)}
    opened = [end for end in opened if end.local_port is None]
    accepted = [end for end in accepted if id(end) not in used]
    found = [Match(a, b, port, _SAME_PORT, "the client's port is the same on both hosts", True) for a, b in by_port]
    pairs = nearest(_corrected(opened, skew), _corrected(accepted, skew))
    if pairs and len({end.host for end in (*opened, *accepted)}) == 1:
        return found + _in_order(opened, accepted, pairs, port, best)
    return found + [
        _of_link(opened[a], accepted[b], port, best) if is_sure else _doubted(opened[a], accepted[b], port, best)
        for a, b, is_sure in _across(opened, accepted, pairs, skew)
    ]


def _across(
    opened: Sequence[End], accepted: Sequence[End], pairs: Sequence[Pair], skew: Mapping[str, int]
) -> list[tuple[int, int, bool]]:
    """The pairs of two hosts as places of connects and accepts, each with whether it is sure. Of connects that wait together, the
    first is accepted first; but the network can change their order, which matters where programs differ."""
    connects, accepts = _corrected(opened, skew), _corrected(accepted, skew)
    runs: list[list[Pair]] = []
    for one in sorted(pairs):
        last = runs[-1][-1] if runs else None
        if last is not None and _wait_together(connects, accepts, last, one):
            runs[-1].append(one)
        else:
            runs.append([one])
    found = []
    for run in runs:
        ends = {opened[one.opened].process for one in run}, {accepted[one.accepted].process for one in run}
        is_sure = max(map(len, ends)) == 1
        in_line = sorted(one.accepted for one in run)
        found += [(one.opened, place, is_sure) for one, place in zip(run, in_line, strict=True)]
    return found


def _wait_together(connects: Sequence[int], accepts: Sequence[int], one: Pair, other: Pair) -> bool:
    """Whether two clients, the first of which called first, both waited until the first accept."""
    first_accept = min(accepts[one.accepted], accepts[other.accepted])
    is_soon = connects[other.opened] - connects[one.opened] <= SOON_MS
    return is_soon and connects[other.opened] <= first_accept


def _doubted(opened: End, accepted: End, port: int, link: Link) -> Match:
    match = _of_link(opened, accepted, port, link)
    return match._replace(confidence=min(match.confidence, DOUBTFUL), reason=f"{match.reason}, {WHY}")


def _in_order(
    opened: Sequence[End], accepted: Sequence[End], pairs: Sequence[Pair], port: int, link: Link
) -> list[Match]:
    """The matches within one host: of its connects that wait together, the first is accepted first."""
    ordered = in_order(opened, {one.opened for one in pairs}, accepted, {one.accepted for one in pairs})
    unsure = doubtful(ordered, opened)
    found = [_of_link(a, b, port, link) for a, b in ordered]
    return [
        one._replace(confidence=min(one.confidence, DOUBTFUL), reason=f"{one.reason}, {WHY}")
        if place in unsure
        else one
        for place, one in enumerate(found)
    ]


def _time(end: End) -> tuple[int, str, int, int]:
    return end.first, end.ip, end.port, end.endpoint


def _corrected(ends: Sequence[End], skew: Mapping[str, int]) -> list[int]:
    return [end.ms + skew[end.host] for end in ends]


def _same_ports(opened: Sequence[End], accepted: Sequence[End], skew: Mapping[str, int]) -> list[tuple[End, End]]:
    """Connects of sockets that were bound to a port, each with the nearest accept from that port."""
    by_port: dict[int, list[End]] = {}
    for end in accepted:
        by_port.setdefault(end.port, []).append(end)
    found = []
    for end in opened:
        candidates = by_port.get(end.local_port, []) if end.local_port is not None else []
        distances = [(abs(c.ms + skew[c.host] - end.ms - skew[end.host]), i) for i, c in enumerate(candidates)]
        if distances and min(distances)[0] <= max(LATE_MS, EARLY_MS):
            found.append((end, candidates.pop(min(distances)[1])))
    return found


def _of_link(opened: End, accepted: End, port: int, link: Link) -> Match:
    if accepted.local_port is not None:
        return Match(opened, accepted, port, link.confidence, link.reason)
    reason = f"{link.reason}; the listener was bound before the log began"
    return Match(opened, accepted, port, link.confidence * 0.95, reason)
