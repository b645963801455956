"""Groups with the same silences: the pauses between connections are equal on both hosts, whatever their clocks show.

Comparing every group with every other would be quadratic in a fleet's size. But a pause of 73.2 seconds is rare, so groups
that share several such pauses are worth comparing. Pauses that many groups share (short ones, the period of a timer) prove
little and are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from provenance.fleet.ends import LOOPBACK, Group
from provenance.fleet.owners import Owners

_BIN_MS = 64
_COMMON = 200
"""A pause that more groups than this share is skipped."""
_LONGEST_PAUSES = 256
"""How many pauses of one group are compared, the longest first."""


def similar_groups(out: Sequence[Group], into: Sequence[Group], known: Owners) -> list[tuple[Group, Group]]:
    """Pairs of an outbound and an inbound group of two hosts that share at least two silences (one for groups of two
    connections), those that share most first. Two hosts whose addresses are known are listed whether they share any or not."""
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
    """The longest pauses of a group, in units of _BIN_MS."""
    if group.ip == LOOPBACK:
        return
    times = [end.ms for end in group.ends]
    pauses = sorted((b - a for a, b in pairwise(times)), reverse=True)[:_LONGEST_PAUSES]
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
    client = known.only_owner(group.ip)
    if client is not None and len(group.ends) >= 2:
        for ip in known.of(group.host):
            yield from between.get((client, ip), ())
