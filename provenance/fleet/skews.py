"""A first estimate of the clock offsets in a fleet, before it is known which connections are the same.

Zero is tried first (`provenance.fleet.links` votes with the clocks as they are). Where another offset
explains more, that offset is used. Two hosts without connections between them keep the corrections that other hosts give them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, lgamma, log
from typing import NamedTuple

from provenance.fleet.clocks import CLUSTER_MS, EXACT_MS, Offset, PairOffset, Parts, corrections, vote
from provenance.fleet.ends import Ends, Group
from provenance.fleet.link import Link
from provenance.fleet.owners import Owners
from provenance.fleet.silences import similar_groups

_COMPARED = 5000
"""The most pairs of groups whose differences are compared; the most similar ones come first."""
_PER_HOSTS = 8
_SETTLING = 8
"""This many connections at one sure offset settle the clocks of two hosts."""
_EXPLAINED = 0.9
_CREDIBLE_CHANCE = 0.01
_SURE_CHANCE = 0.0001
_LIKELY_MS = 1000
"""Synchronized clocks are this near to each other, so an offset this small needs less support."""


class Coarse(NamedTuple):
    """The first correction of each host's clock, the pairs of hosts whose clocks fit other offsets nearly as well, and how many
    pairs of groups were not compared."""

    skew: dict[str, int]
    doubted: frozenset[frozenset[str]]
    left_out: int


class _Candidate(NamedTuple):
    offset: Offset
    sure: bool


def estimate_skews(
    ends: Ends,
    known: Owners,
    links: Sequence[Link],
    hosts: Mapping[str, int],
    fixed: frozenset[str],
    shown: Sequence[PairOffset] = (),
) -> Coarse:
    """Compare groups at every offset. `links` are those found with uncorrected clocks. Those of `fixed` hosts are right. `shown`
    are offsets that more than times shows."""
    at_zero = _explained(ends, links)
    best, left_out = _compared(*_unexplained(ends, links), known)
    offsets = list(shown)
    for (a, b), candidate in sorted(best.items()):
        if a in fixed and b in fixed:
            continue
        if candidate.offset.explained > max(at_zero.get((a, b), 0), at_zero.get((b, a), 0), candidate.offset.zero):
            offsets.append(PairOffset(a, b, candidate.offset.ms, candidate.offset.explained, candidate.sure))
    offsets += [PairOffset(a, b, 0, score) for (a, b), score in at_zero.items()]
    skew = corrections(offsets, hosts, fixed)
    return Coarse(skew, _doubted(offsets, skew, fixed), left_out)


def _doubted(
    offsets: Sequence[PairOffset], skew: Mapping[str, int], fixed: frozenset[str]
) -> frozenset[frozenset[str]]:
    """The pairs of hosts of which an unsure offset says something, and no sure one confirms how their clocks are corrected,
    be it with each other or with those of other hosts."""
    parts = Parts(skew, fixed)
    for offset in offsets:
        if offset.sure and abs(skew[offset.a] - skew[offset.b] - offset.ms) <= CLUSTER_MS:
            parts.link(offset.a, offset.b)
    return frozenset(frozenset((offset.a, offset.b)) for offset in offsets if parts.of(offset.a) != parts.of(offset.b))


def _unexplained(ends: Ends, links: Sequence[Link]) -> tuple[list[Group], list[Group]]:
    """The groups that uncorrected clocks leave mostly unexplained."""
    out, into = [0.0] * len(ends.out), [0.0] * len(ends.into)
    for link in links:
        if link.firm:
            out[link.out] += link.score
            into[link.into] += link.score
    return (
        [group for group, score in zip(ends.out, out, strict=True) if score < _EXPLAINED * len(group.ends)],
        [group for group, score in zip(ends.into, into, strict=True) if score < _EXPLAINED * len(group.ends)],
    )


def _compared(
    out: Sequence[Group], into: Sequence[Group], known: Owners
) -> tuple[dict[tuple[str, str], _Candidate], int]:
    """The best offset of each two hosts, from at most so many of their groups; and how many pairs were left out."""
    best: dict[tuple[str, str], _Candidate] = {}
    tried: dict[tuple[str, str], int] = {}
    left_out = compared = 0
    for a, b in similar_groups(out, into, known):
        key = a.host, b.host
        if key in best and best[key].sure and best[key].offset.explained >= _SETTLING:
            continue
        if compared >= _COMPARED or tried.get(key, 0) >= _PER_HOSTS:
            left_out += 1
            continue
        compared += 1
        tried[key] = tried.get(key, 0) + 1
        candidate = _compare(a, b, known)
        if candidate is not None and (key not in best or _rank(candidate) > _rank(best[key])):
            best[key] = candidate
    return best, left_out


def _explained(ends: Ends, links: Sequence[Link]) -> dict[tuple[str, str], int]:
    """How many connections the firm links between two hosts explain with uncorrected clocks."""
    found: dict[tuple[str, str], int] = {}
    for link in links:
        a, b = ends.out[link.out].host, ends.into[link.into].host
        if link.firm and a != b:
            found[a, b] = found.get((a, b), 0) + int(link.score)
    return found


def _rank(candidate: _Candidate) -> tuple[bool, int, int]:
    return candidate.sure, candidate.offset.explained, -abs(candidate.offset.ms)


def _owners_known(out: Group, into: Group, known: Owners) -> bool:
    return known.only_owner(out.ip) is not None and known.only_owner(into.ip) is not None


def _compare(out: Group, into: Group, known: Owners) -> _Candidate | None:
    a, b = [end.ms for end in out.ends], [end.ms for end in into.ends]
    offset = vote(a, b)
    assert offset is not None, "similar groups have connections"
    owners_known = _owners_known(out, into, known)
    if offset.explained < 2 or offset.explained < 0.6 * min(len(a), len(b), 48):
        return None
    differences, span = min(len(a), 48) * min(len(b), 48), b[-1] - a[0] - (b[0] - a[-1])
    chance = _chance(differences, span, offset.explained, CLUSTER_MS)
    if offset.exact >= 2:
        chance = min(chance, _chance(differences, span, offset.exact, EXACT_MS))
    elif offset.explained < 3 and not owners_known:
        return None
    if chance > _CREDIBLE_CHANCE and not owners_known:
        return None
    sure = chance <= _SURE_CHANCE and offset.runner_up <= 0.6 * offset.explained
    return _Candidate(offset, sure or abs(offset.ms) <= _LIKELY_MS)


def _chance(differences: int, span: int, count: int, width: int) -> float:
    """How many clusters of this size, `width` ms wide, differences spread evenly over the span would show (Poisson, first
    term)."""
    windows = max(span / width, 1.0)
    rate = differences / windows
    return min(1.0, windows * exp(count * log(rate) - rate - lgamma(count + 1))) if count > rate else 1.0
