"""How far the clocks of a fleet are apart, before it is known which connections are the same.

Zero is tried first (`provenance.fleet.links` votes with the clocks as they are). Where it explains less than another
offset does, the other one holds; two hosts that no connection ties keep the clocks that others give them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import exp, lgamma, log
from typing import NamedTuple

from provenance.fleet.clocks import CLUSTER_MS, Offset, PairOffset, agree, vote
from provenance.fleet.ends import LOOPBACK, Ends, Group
from provenance.fleet.links import Link
from provenance.fleet.owners import Owners

_COMPARED = 4000
"""Pairs of groups whose differences are voted on; the ones with the most connections come first."""
_PER_PORT = 400
_CREDIBLE = 0.01
_SURE = 0.0001
_LIKELY_MS = 1000
"""Clocks that are kept at all are this near, so that an offset this small needs less behind it."""


class Coarse(NamedTuple):
    """A first correction of each host's clock, pairs of hosts where another one fits nearly as well, and how many pairs
    of groups were too many to compare."""

    skew: dict[str, int]
    doubted: frozenset[frozenset[str]]
    left_out: int


class _Candidate(NamedTuple):
    offset: Offset
    sure: bool


def coarse(ends: Ends, known: Owners, links: Sequence[Link], hosts: Mapping[str, int]) -> Coarse:
    """Compare groups at every offset. `links` are those that hold with the clocks as they are."""
    at_zero = _explained(ends, links)
    best: dict[tuple[str, str], _Candidate] = {}
    pairs, left_out = _comparable(ends, known)
    for out, into in pairs:
        key = out.host, into.host
        candidate = _compare(out, into, known)
        if candidate is not None and (key not in best or _rank(candidate) > _rank(best[key])):
            best[key] = candidate
    offsets = []
    doubted = set()
    for (a, b), candidate in sorted(best.items()):
        if candidate.offset.explained > max(at_zero.get((a, b), 0), at_zero.get((b, a), 0), candidate.offset.zero):
            offsets.append(PairOffset(a, b, candidate.offset.ms, candidate.offset.explained))
            if not candidate.sure:
                doubted.add(frozenset((a, b)))
    offsets += [PairOffset(a, b, 0, score) for (a, b), score in at_zero.items()]
    return Coarse(agree(offsets, hosts), frozenset(doubted), left_out)


def _explained(ends: Ends, links: Sequence[Link]) -> dict[tuple[str, str], int]:
    """How many connections the firm links between two hosts explain with the clocks as they are."""
    found: dict[tuple[str, str], int] = {}
    for link in links:
        a, b = ends.out[link.out].host, ends.into[link.into].host
        if link.firm and a != b:
            found[a, b] = found.get((a, b), 0) + int(link.score)
    return found


def _rank(candidate: _Candidate) -> tuple[bool, int, int]:
    return candidate.sure, candidate.offset.explained, -abs(candidate.offset.ms)


def _comparable(ends: Ends, known: Owners) -> tuple[list[tuple[Group, Group]], int]:
    """Pairs of groups to compare, and how many were left out."""
    by_port: dict[int | None, list[Group]] = {}
    for group in ends.out:
        if len(group.ends) >= 2 and group.ip != LOOPBACK:
            for port in (group.port, None):
                by_port.setdefault(port, []).append(group)
    for groups in by_port.values():
        groups.sort(key=lambda g: -len(g.ends))
    pairs: list[tuple[Group, Group]] = []
    left_out = 0
    for into in sorted(ends.into, key=lambda g: -len(g.ends)):
        groups = by_port.get(into.port, [])
        if len(into.ends) >= 2 and into.ip != LOOPBACK:
            left_out += max(len(groups) - _PER_PORT, 0)
            pairs += _joinable(groups[:_PER_PORT], into, known)
        if len(pairs) >= 8 * _COMPARED:
            break
    pairs.sort(key=lambda p: (not _said(p[0], p[1], known), -min(len(p[0].ends), len(p[1].ends))))
    return pairs[:_COMPARED], left_out + max(len(pairs) - _COMPARED, 0)


def _joinable(groups: Sequence[Group], into: Group, known: Owners) -> Iterator[tuple[Group, Group]]:
    return ((out, into) for out in groups if out.host != into.host and known.may_join(out, into))


def _said(out: Group, into: Group, known: Owners) -> bool:
    return known.sole(out.ip) is not None and known.sole(into.ip) is not None


def _compare(out: Group, into: Group, known: Owners) -> _Candidate | None:
    a, b = [end.ms for end in out.ends], [end.ms for end in into.ends]
    offset = vote(a, b)
    if offset is None:
        return None
    said = _said(out, into, known)
    if offset.explained < (2 if said else 3) or offset.explained < 0.6 * min(len(a), len(b), 48):
        return None
    chance = _chance(min(len(a), 48) * min(len(b), 48), b[-1] - a[0] - (b[0] - a[-1]), offset.explained)
    if chance > _CREDIBLE and not said:
        return None
    sure = chance <= _SURE and offset.runner_up <= 0.6 * offset.explained
    return _Candidate(offset, sure or abs(offset.ms) <= _LIKELY_MS)


def _chance(differences: int, span: int, count: int) -> float:
    """How many clusters of this size differences spread evenly over the span would show (Poisson's tail, first term)."""
    windows = max(span / CLUSTER_MS, 1.0)
    rate = differences / windows
    return min(1.0, windows * exp(count * log(rate) - rate - lgamma(count + 1))) if count > rate else 1.0
