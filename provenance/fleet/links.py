"""Links: which group of connects on one host is which group of accepts on another.

Nothing but time ties them when nobody says whose address is whose, so the whole log votes: each accept for the connects
just before it to the same port. A link stands on how often its two groups agree, on how much of them does, and on how
often chance alone would have them agree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from provenance.fleet.clocks import TICK_MS
from provenance.fleet.ends import LOOPBACK, Ends, Group
from provenance.fleet.matching import EARLY_MS
from provenance.fleet.owners import Owners

_LATE_MS = 2000
_EARLY_BY_GRAIN_MS = 2 * TICK_MS
_STEPS = 64
_CANDIDATES = 6
_FAR = 0.25
"""What a candidate that is not the nearest counts."""
_RIVAL = 0.8
"""A rival with this share of the support leaves open which one is right."""
_ENOUGH = 3
_CHANCE_WINDOW_MS = 48


class Vote(NamedTuple):
    """Places of an outbound and an inbound group, and how often they agree."""

    out: int
    into: int
    score: float


@dataclass(frozen=True, slots=True)
class Link:
    """Two groups that belong together. A `firm` one has its ends to itself; others share what firm ones leave over."""

    out: int
    into: int
    score: float
    confidence: float
    firm: bool
    reason: str


class _Shelf:
    """Connects in order of corrected time, by (host, port): None stands for every host or port. Made when asked for."""

    def __init__(self, groups: list[Group], skew: Mapping[str, int]) -> None:
        self.groups, self.skew = groups, skew
        self.places: dict[tuple[str | None, int | None], list[int]] = {}
        self.made: dict[tuple[str | None, int | None], tuple[list[int], list[int]]] = {}
        for place, group in enumerate(groups):
            for key in ((group.host, group.port), (None, group.port), (group.host, None), (None, None)):
                self.places.setdefault(key, []).append(place)

    def of(self, host: str | None, port: int | None) -> tuple[list[int], list[int]]:
        """The times of connects, and the places of their groups."""
        key = host, port
        made = self.made.get(key)
        if made is None:
            pairs = sorted(
                (end.ms + self.skew[self.groups[place].host], place)
                for place in self.places.get(key, ())
                for end in self.groups[place].ends
            )
            made = self.made[key] = [time for time, _ in pairs], [place for _, place in pairs]
        return made


def votes(ends: Ends, skew: Mapping[str, int], known: Owners) -> list[Vote]:
    """Let every accept vote for the connects near it; groups that no accept votes for are not listed."""
    shelf = _Shelf(ends.out, skew)
    found: list[Vote] = []
    for place, group in enumerate(ends.into):
        host = group.host if group.ip == LOOPBACK else known.sole(group.ip)
        times, places = shelf.of(host, group.port)
        allowed: dict[int, bool] = {}
        scores: dict[int, float] = {}
        for end in group.ends if times else ():
            for out, weight in _near(end.ms + skew[group.host], times, places, ends.out, group, known, allowed):
                scores[out] = scores.get(out, 0.0) + weight
        for out, score in scores.items():
            found.append(Vote(out, place, min(score, len(ends.out[out].ends), len(group.ends))))
    return found


def _near(
    time: int,
    times: list[int],
    places: list[int],
    groups: list[Group],
    into: Group,
    known: Owners,
    allowed: dict[int, bool],
) -> Iterator[tuple[int, float]]:
    seen: set[int] = set()
    nearest: int | None = None
    at = bisect_right(times, time + _EARLY_BY_GRAIN_MS)
    walks = (range(at - 1, max(at - 1 - _STEPS, -1), -1), range(at, min(at + _STEPS, len(times))))
    for walk, reach in zip(walks, (_LATE_MS, EARLY_MS), strict=True):
        for i in walk:
            distance = abs(time - times[i])
            if distance > reach or len(seen) >= _CANDIDATES:
                break
            out = places[i]
            if out in seen:
                continue
            fits = allowed.get(out)
            if fits is None:
                fits = allowed[out] = known.may_join(groups[out], into)
            if fits:
                seen.add(out)
                nearest = distance if nearest is None else nearest
                yield out, 1.0 if reach == _LATE_MS and distance <= nearest + TICK_MS else _FAR


Slot = tuple[str, str, int]


class _Claims:
    """What links claim: an address for a host, a port for a listener. Who else claims the same decides what is open."""

    def __init__(self, ends: Ends, cast: list[Vote]) -> None:
        self.ends = ends
        self.support: dict[Slot, dict[str, float]] = {}
        for vote in cast:
            for slot, value in self.of(vote):
                values = self.support.setdefault(slot, {})
                values[value] = values.get(value, 0.0) + vote.score
        self.settled: dict[Slot, str] = {}

    def of(self, vote: Vote) -> list[tuple[Slot, str]]:
        out, into = self.ends.out[vote.out], self.ends.into[vote.into]
        claims: list[tuple[Slot, str]] = []
        if out.ip != LOOPBACK:
            claims += [(("address", out.ip, 0), into.host), (("address", into.ip, 0), out.host)]
        if into.listener is not None:
            claims.append((("port", into.host, into.listener), str(out.port)))
        return claims

    def contested(self, vote: Vote, known: Owners) -> bool:
        """Whether somebody else has nearly the same support for something that this link claims."""
        for slot, value in self.of(vote):
            if slot[0] == "address" and known.sole(slot[1]) is not None:
                continue
            values = self.support[slot]
            rival = max((score for other, score in values.items() if other != value), default=0.0)
            if rival >= _RIVAL * values[value]:
                return True
        return False

    def taken(self, vote: Vote) -> bool:
        """Whether a better link has already settled otherwise what this one claims."""
        return any(self.settled.get(slot, value) != value for slot, value in self.of(vote))

    def settle(self, vote: Vote) -> None:
        for slot, value in self.of(vote):
            self.settled[slot] = value


def choose(
    ends: Ends,
    cast: list[Vote],
    skew: Mapping[str, int],
    known: Owners,
    doubted: frozenset[frozenset[str]] = frozenset(),
) -> list[Link]:
    """The links that the votes support, best first. `doubted` are pairs of hosts whose clocks might be apart otherwise."""
    claims = _Claims(ends, cast)
    links = []
    for vote in sorted(cast, key=lambda v: (-v.score * _share(ends, v), v.out, v.into)):
        out, into = ends.out[vote.out], ends.into[vote.into]
        said = out.ip == LOOPBACK or (known.sole(out.ip) is not None and known.sole(into.ip) is not None)
        enough = vote.score >= _ENOUGH and _share(ends, vote) >= 0.5 and vote.score >= 3 * _chance(ends, vote, skew)
        taken, contested = claims.taken(vote), claims.contested(vote, known)
        link = _weigh(vote, ends, said, enough, taken, contested, known)
        if link is None:
            continue
        if not said and frozenset((out.host, into.host)) in doubted:
            link = _doubt(link)
        if link.firm:
            claims.settle(vote)
        links.append(link)
    return links


def _weigh(
    vote: Vote, ends: Ends, said: bool, enough: bool, taken: bool, contested: bool, known: Owners
) -> Link | None:
    out, into = ends.out[vote.out], ends.into[vote.into]
    times = f"{vote.score:.0f} connections"
    if said and not taken and (into.listener is None or enough):
        value = 0.95 if into.listener is None else 0.9
        return Link(vote.out, vote.into, vote.score, value, True, "both addresses are known")
    if taken or contested:
        if not enough and not said:
            return None
        return Link(vote.out, vote.into, vote.score, 0.4, False, f"addresses fit, as others do, {times}")
    if enough:
        return Link(vote.out, vote.into, vote.score, 0.97 - 0.3 / vote.score, True, f"addresses learned from {times}")
    if said or known.sole(out.ip) is not None or known.sole(into.ip) is not None:
        return Link(vote.out, vote.into, vote.score, 0.5, False, f"one address known, the other seen in {times}")
    if vote.score == len(out.ends) == len(into.ends):
        return Link(vote.out, vote.into, vote.score, 0.3, False, f"only the times of {times} agree")
    return None


def _doubt(link: Link) -> Link:
    reason = f"{link.reason}; the clocks' difference is not the only one that fits"
    return Link(link.out, link.into, link.score, min(link.confidence, 0.5), link.firm, reason)


def _share(ends: Ends, vote: Vote) -> float:
    return vote.score / min(len(ends.out[vote.out].ends), len(ends.into[vote.into].ends))


def _chance(ends: Ends, vote: Vote, skew: Mapping[str, int]) -> float:
    """How many connections of two groups that have nothing to do with each other would seem to agree."""
    out, into = ends.out[vote.out], ends.into[vote.into]
    shift = skew[into.host] - skew[out.host]
    first = min(out.ends[0].ms, into.ends[0].ms + shift)
    last = max(out.ends[-1].ms, into.ends[-1].ms + shift)
    return len(into.ends) * min(1.0, len(out.ends) * _CHANCE_WINDOW_MS / max(last - first, 1))
