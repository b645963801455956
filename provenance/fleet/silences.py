"""Groups that keep the same silences: the pauses between connections are the same on both hosts, whatever their clocks.

Comparing every group with every other would be quadratic in a fleet's size. A pause of 73.2 seconds is rare, though,
and who shares several such pauses is worth comparing. Pauses that many share (short ones, the period of a timer) tell
little and are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from provenance.fleet.ends import LOOPBACK, Group
from provenance.fleet.owners import Owners

_BIN_MS = 64
_COMMON = 200
"""A pause that more groups than this share says nothing."""
_TOLD = 256
"""Pauses of one group that are looked up: the longest."""


def alike(out: Sequence[Group], into: Sequence[Group], known: Owners) -> list[tuple[Group, Group]]:
    """Pairs of an outbound and an inbound group of two hosts that share silences, those that share most first: one
    silence is enough for groups that have no more. Two hosts whose addresses are known are listed whether they share any
    or not."""
    holders: dict[tuple[int | None, int], list[int]] = {}
    between: dict[tuple[str, str], list[int]] = {}
    for place, group in enumerate(out):
        for key in set(_silences(group)):
            holders.setdefault((group.port, key), []).append(place)
            holders.setdefault((None, key), []).append(place)
        if len(group.ends) >= 2:
            between.setdefault((group.host, group.ip), []).append(place)
    ranked: list[tuple[int, int, int, int]] = []
    for place, group in enumerate(into):
        shared = _shared(group, holders)
        shared.update((p, max(shared.get(p, 0), 2)) for p in _known_peers(group, between, known))
        for other, count in shared.items():
            enough = count >= 2 or min(len(out[other].ends), len(group.ends)) == 2
            if enough and out[other].host != group.host and known.may_join(out[other], group):
                ranked.append((-count, -min(len(out[other].ends), len(group.ends)), other, place))
    return [(out[other], into[place]) for _, _, other, place in sorted(ranked)]


def _silences(group: Group) -> Iterator[int]:
    """The longest pauses of a group, coarsely."""
    if group.ip == LOOPBACK:
        return
    times = [end.ms for end in group.ends]
    pauses = sorted((b - a for a, b in pairwise(times)), reverse=True)[:_TOLD]
    yield from (pause // _BIN_MS for pause in pauses if pause >= _BIN_MS)


def _shared(group: Group, holders: dict[tuple[int | None, int], list[int]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for key in set(_silences(group)):
        near: set[int] = set()
        for neighbour in (key - 1, key, key + 1):
            places = holders.get((group.port, neighbour), ())
            if len(places) <= _COMMON:
                near.update(places)
        for place in near:
            counts[place] = counts.get(place, 0) + 1
    return counts


def _known_peers(group: Group, between: dict[tuple[str, str], list[int]], known: Owners) -> Iterator[int]:
    client = known.sole(group.ip)
    if client is not None and len(group.ends) >= 2:
        for ip in known.of(group.host):
            yield from between.get((client, ip), ())
