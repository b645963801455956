"""Refining: the clocks are corrected by the joins, so that no effect stands before its cause.

The times of an accept and its connect say which corrections are possible: a connection is not accepted before it is opened.
An accept that blocked tells nothing, because its record has the time of the call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provenance.fleet.clocks import (
    TICK_MS,
    PairOffset,
    as_one,
    corrections,
    offset_bound,
    pair_offset,
    relative_to_reference,
    relax,
    spanning_tree,
)
from provenance.fleet.pairing import Match

_TRUSTED = 0.5
"""Matches from this confidence on correct a clock. Others do so only where nothing better compares two clocks."""

_Way = tuple[str, str]
"""A client host and a server host."""


def refine(
    matches: Sequence[Match], skew: Mapping[str, int], hosts: Mapping[str, int], fixed: frozenset[str]
) -> dict[str, int]:
    """The corrections (ms to add to each host's times) under which no matched accept precedes its connect by more than
    TICK_MS, except accepts that blocked (`offset_bound`). Clocks of `fixed` hosts stay. When matches contradict each other,
    so that no correction is right for all, the clocks are those of the pairs of hosts with most matches."""
    trusted = _delays([match for match in matches if match.confidence >= _TRUSTED], skew)
    doubtful = _delays([match for match in matches if match.confidence < _TRUSTED], skew)
    offsets = _offsets(trusted, skew)
    judged = {(offset.a, offset.b) for offset in offsets}
    offsets += [offset._replace(weight=0) for offset in _offsets(doubtful, skew) if (offset.a, offset.b) not in judged]
    if not offsets:
        return dict(skew)
    used = {(offset.a, offset.b) for offset in spanning_tree(offsets, hosts, fixed)} | judged
    agreed = corrections(offsets, hosts, fixed)
    moved = {host: agreed[host] - skew[host] for host in skew}
    delays = trusted | {way: found for way, found in doubtful.items() if _names(way) in used - judged}
    return relative_to_reference(relax(_leads(delays, moved, fixed), agreed), hosts, fixed)


def _delays(matches: Sequence[Match], skew: Mapping[str, int]) -> dict[_Way, list[int]]:
    """Accept minus connect by the corrected clocks."""
    found: dict[_Way, list[int]] = {}
    for match in matches:
        way = match.opened.host, match.accepted.host
        if way[0] != way[1]:
            found.setdefault(way, []).append(match.delay(skew))
    return found


def _names(way: _Way) -> tuple[str, str]:
    return min(way), max(way)


def _offsets(delays: Mapping[_Way, list[int]], skew: Mapping[str, int]) -> list[PairOffset]:
    found = []
    for a, b in sorted(set(map(_names, delays))):
        forth, back = delays.get((a, b), []), delays.get((b, a), [])
        found.append(PairOffset(a, b, skew[a] - skew[b] + pair_offset(forth, back), len(forth) + len(back)))
    return found


def _leads(delays: Mapping[_Way, list[int]], moved: Mapping[str, int], fixed: frozenset[str]) -> dict[_Way, int]:
    """The least accept minus connect of each two hosts, once clocks have `moved`. Two ways that contradict each other say
    nothing."""
    leads: dict[_Way, int] = {}
    for (a, b), found in delays.items():
        least = offset_bound(found)
        way = as_one(a, fixed), as_one(b, fixed)
        if least is not None and way[0] != way[1]:
            lead = least + moved[b] - moved[a]
            leads[way] = min(lead, leads.get(way, lead))
    return {(a, b): lead for (a, b), lead in leads.items() if lead + leads.get((b, a), -lead) >= -2 * TICK_MS}
