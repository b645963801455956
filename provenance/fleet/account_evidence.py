"""Ends that their commands identify: the clocks they show, and how certain it is that two of them are one connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from provenance.fleet.clocks import EXACT_MS, PairOffset
from provenance.fleet.ends import Ends
from provenance.fleet.link import Link
from provenance.fleet.matching import EARLY_MS, LATE_MS
from provenance.fleet.pairing import Match
from provenance.fleet.signs import AccountMatch

_PROMPT_MS = 2000
_EARLY_MS = 100
"""Between these an accept follows its connect by uncorrected clocks, so that they need no other offset."""
_WEIGHT = 3
"""One identified connection says as much of two clocks as so many that fit by their times alone."""
_BY_TIME = 0.3
"""The confidence of two ends whose times agree, before their signs are looked at."""
_BY_NOTHING = 0.01
"""That of two ends whose times say nothing, because the offset of the clocks follows from them alone."""
_NO_LINK = "no other connection shows the addresses"


class ClocksShown(NamedTuple):
    """The offsets that identified ends alone show, and the pairs of hosts of which only one connection shows it."""

    offsets: list[PairOffset]
    alone: frozenset[frozenset[str]]


def clocks_shown(
    identified: Sequence[AccountMatch], ends: Ends, links: Sequence[Link], fixed: frozenset[str]
) -> ClocksShown:
    """The offsets of pairs of hosts that identified ends show and no firm link does by uncorrected clocks. Ends that contradict
    each other show none."""
    linked = {frozenset((ends.out[link.out].host, ends.into[link.into].host)) for link in links if link.firm}
    delays: dict[tuple[str, str], list[int]] = {}
    for one in identified:
        a, b = one.opened.host, one.accepted.host
        if frozenset((a, b)) not in linked and not (a in fixed and b in fixed):
            delays.setdefault((a, b), []).append(one.accepted.ms - one.opened.ms)
    offsets, alone = [], set()
    for (a, b), found in sorted(delays.items()):
        prompt = min(found) >= -_EARLY_MS and max(found) <= _PROMPT_MS
        if prompt or max(found) - min(found) > LATE_MS:
            continue
        offsets.append(PairOffset(a, b, min(found), _WEIGHT * len(found)))
        if not any(0 < later - min(found) <= EXACT_MS for later in found) and found.count(min(found)) == 1:
            alone.add(frozenset((a, b)))
    return ClocksShown(offsets, frozenset(alone))


def identified_matches(
    identified: Sequence[AccountMatch],
    ends: Ends,
    links: Sequence[Link],
    skew: Mapping[str, int],
    alone: frozenset[frozenset[str]],
) -> list[Match]:
    """The identified ends whose times agree by the corrected clocks, as matches. What their signs say is not yet weighed in."""
    outs = {id(end): place for place, group in enumerate(ends.out) for end in group.ends}
    intos = {id(end): place for place, group in enumerate(ends.into) for end in group.ends}
    by_groups = {(link.out, link.into): link for link in links}
    found = []
    for one in identified:
        link = by_groups.get((outs[id(one.opened)], intos[id(one.accepted)]))
        guessed = frozenset((one.opened.host, one.accepted.host)) in alone
        if link is not None and not (guessed and link.score < 2):
            match = Match(one.opened, one.accepted, one.port, link.confidence, link.reason)
        else:
            match = Match(one.opened, one.accepted, one.port, _BY_NOTHING if guessed else _BY_TIME, _NO_LINK)
        if -EARLY_MS <= match.delay(skew) <= LATE_MS:
            found.append(match)
    return found
