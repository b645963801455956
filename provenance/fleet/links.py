"""Links: which group of connects on one host is which group of accepts on another.

Without known addresses only the times connect them, so the whole log votes: each accept for the connects just before it to
the same port. The confidence of a link depends on how often its two groups agree, on the share of them that agrees, and on
how often they would agree by chance.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from heapq import nlargest
from typing import NamedTuple

from provenance.fleet.clocks import TICK_MS, by_timer
from provenance.fleet.ends import LOOPBACK, Ends, Group
from provenance.fleet.link import Link
from provenance.fleet.matching import EARLY_MS
from provenance.fleet.outdone import without_outdone
from provenance.fleet.owners import Owners
from provenance.text.addresses import is_private
from provenance.text.counts import counted

_LATE_MS = 2000
_EARLY_BY_CLOCK_MS = 100
"""How far apart the clocks may still be when links are searched; the joins correct them later."""
_STEPS = 64
_CANDIDATES = 4
_BLOCKED = 1 << 40
"""The distance of a connect so long after the record of the accept that only a blocking call explains it."""
_DISTANT_WEIGHT = 0.25
"""The weight of a candidate that is not the nearest."""
_RIVAL_SHARE = 0.8
"""With a rival that has this share of the support, a link is contested."""
_FEWEST_CONNECTIONS = 3
_PROMPT_MS = 250
"""Time for a handshake around the world and the wake-up of a listener; later candidates count as distant."""
_EXACT_WINDOW_MS = 4 * TICK_MS
_PRECISE_RATIO = 5
"""Groups of frequent connections are joined when this many times more agree within a few ticks than would by chance."""
_CHANCE_WINDOW_MS = _PROMPT_MS + _EARLY_BY_CLOCK_MS


class Vote(NamedTuple):
    """The indexes of an outbound and an inbound group, and how often they agree."""

    out: int
    into: int
    score: float


class _ConnectsByTime:
    """Connects in order of corrected time, by (host, port), where None means every host or port. Sorted on first use."""

    def __init__(self, groups: list[Group], skew: Mapping[str, int]) -> None:
        self.groups, self.skew = groups, skew
        self.places: dict[tuple[str | None, int | None], list[int]] = {}
        self.built: dict[tuple[str | None, int | None], tuple[list[int], list[int]]] = {}
        for place, group in enumerate(groups):
            for key in ((group.host, group.port), (None, group.port), (group.host, None), (None, None)):
                self.places.setdefault(key, []).append(place)

    def of(self, host: str | None, port: int | None) -> tuple[list[int], list[int]]:
        """The times of connects, and the indexes of their groups."""
        key = host, port
        built = self.built.get(key)
        if built is None:
            pairs = sorted(
                (end.ms + self.skew[self.groups[place].host], place)
                for place in self.places.get(key, ())
                for end in self.groups[place].ends
            )
            built = self.built[key] = [time for time, _ in pairs], [place for _, place in pairs]
        return built


def votes(ends: Ends, skew: Mapping[str, int], known: Owners) -> list[Vote]:
    """The votes of every accept for the connects near it; pairs of groups without a vote are left out."""
    connects = _ConnectsByTime(ends.out, skew)
    found: list[Vote] = []
    for place, group in enumerate(ends.into):
        host = group.host if group.ip == LOOPBACK else known.only_owner(group.ip)
        times, places = connects.of(host, group.port)
        early = EARLY_MS if host is not None else _EARLY_BY_CLOCK_MS
        allowed: dict[int, bool] = {}
        scores: dict[int, float] = {}
        for end in group.ends if times else ():
            for out, weight in _near(end.ms + skew[group.host], times, places, ends.out, group, known, allowed, early):
                scores[out] = scores.get(out, 0.0) + weight
        for out, score in scores.items():
            if score >= 1 or host is not None:
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
    early: int,
) -> Iterator[tuple[int, float]]:
    """Groups with a connect near a time, and the weight of the vote for each: 1 for the nearest, less for others."""
    found: dict[int, int] = {}
    at = bisect_right(times, time)
    walks = (range(at - 1, max(at - 1 - _STEPS, -1), -1), range(at, min(at + _STEPS, len(times))))
    for walk, reach, blocks in zip(walks, (_LATE_MS, early), (False, True), strict=True):
        seen = 0
        for i in walk:
            distance = abs(time - times[i])
            if distance > reach or seen >= _CANDIDATES:
                break
            out = places[i]
            fits = allowed.get(out)
            if fits is None:
                fits = allowed[out] = known.may_join(groups[out], into)
            if fits and distance < found.get(out, reach + 1):
                seen += 1
                found[out] = _BLOCKED if blocks and distance > _EARLY_BY_CLOCK_MS else distance
    nearest = min(found.values(), default=_BLOCKED) + TICK_MS
    for out, distance in found.items():
        yield out, 1.0 if distance <= min(nearest, _PROMPT_MS) else _DISTANT_WEIGHT


Slot = tuple[str, str, int]


class _Claims:
    """The claims of links: an address for a host, a port for a listener. Links that claim the same slot compete."""

    def __init__(self, ends: Ends, candidates: list[Vote]) -> None:
        self.ends = ends
        self.support: dict[Slot, dict[str, float]] = {}
        for vote in candidates:
            for slot, value in self.of(vote):
                values = self.support.setdefault(slot, {})
                values[value] = values.get(value, 0.0) + vote.score
        self.best = {slot: nlargest(2, values.values()) for slot, values in self.support.items()}
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
        """Whether another link has nearly the same support for a slot that this link claims."""
        for slot, value in self.of(vote):
            if slot[0] == "address" and known.only_owner(slot[1]) is not None:
                continue
            own, best = self.support[slot][value], self.best[slot]
            rival = best[0] if own < best[0] else best[-1] if len(best) > 1 else 0.0
            if rival >= _RIVAL_SHARE * own:
                return True
        return False

    def taken(self, vote: Vote) -> bool:
        """Whether a better link has already settled a slot of this one with another value."""
        return any(self.settled.get(slot, value) != value for slot, value in self.of(vote))

    def inferred(self, vote: Vote) -> bool:
        """Whether better links have settled all slots of this one."""
        return all(slot in self.settled for slot, _ in self.of(vote))

    def settle(self, vote: Vote) -> None:
        for slot, value in self.of(vote):
            self.settled[slot] = value


class _Standing(NamedTuple):
    """The evidence for and against a link."""

    known_addresses: int
    """How many of its two addresses have a known owner."""
    inferred: bool
    well_supported: bool
    contested: bool
    wildcard: bool
    exclusive: bool
    """All ends of both groups agree."""
    guess: bool
    """Its addresses may be guessed: none of them would belong to a host whose addresses are given."""


def choose(
    ends: Ends,
    candidates: list[Vote],
    skew: Mapping[str, int],
    known: Owners,
    doubted: frozenset[frozenset[str]] = frozenset(),
) -> list[Link]:
    """The links that the votes support, best first. `doubted` are pairs of hosts whose clocks fit other offsets as well."""
    claims = _Claims(ends, candidates)
    links = []
    for vote in sorted(candidates, key=lambda v: (-v.score * _share(ends, v), v.out, v.into)):
        out, into = ends.out[vote.out], ends.into[vote.into]
        known_addresses = (
            2 if out.ip == LOOPBACK else known.is_owner(out.ip, into.host) + known.is_owner(into.ip, out.host)
        )
        exact = _exact(out, into, skew[into.host] - skew[out.host])
        beyond_chance = vote.score >= 3 * _chance(ends, vote, skew, _CHANCE_WINDOW_MS)
        precise = exact >= _FEWEST_CONNECTIONS and exact >= _PRECISE_RATIO * _chance(ends, vote, skew, _EXACT_WINDOW_MS)
        well_supported = vote.score >= _FEWEST_CONNECTIONS and _share(ends, vote) >= 0.5 and (beyond_chance or precise)
        contested = claims.taken(vote) or claims.contested(vote, known)
        exclusive = vote.score == len(out.ends) == len(into.ends)
        guess = vote.score >= 1 and known.may_be_guessed(out.ip, into.host) and known.may_be_guessed(into.ip, out.host)
        standing = _Standing(
            known_addresses,
            claims.inferred(vote),
            well_supported,
            contested,
            into.listener is not None,
            exclusive,
            guess,
        )
        if _is_unproved_self(out, into, standing):
            continue
        confidence, firm, reason = _judge(standing, vote)
        if known_addresses < 2 and frozenset((out.host, into.host)) in doubted:
            confidence = min(confidence, 0.5)
            reason = f"{reason}; another difference of the clocks fits as well"
        if known_addresses < 2 and confidence > 0.5 and not standing.inferred and by_timer(_times(out), _times(into)):
            confidence, firm = 0.5, False
            reason = f"{reason}; the connections follow a timer, which other hosts may share"
        if confidence > 0:
            links.append(Link(vote.out, vote.into, vote.score, confidence, firm, reason))
        if firm:
            claims.settle(vote)
    return without_outdone(links, ends, skew)


def _is_unproved_self(out: Group, into: Group, standing: _Standing) -> bool:
    """Whether a host would be joined with itself by an address that it is not known to have. A peer that came in, and that a
    program of the host contacted then, as by a reverse shell, looks like that. Only several connections show more, and to an
    address of the Internet only with the listener's port."""
    if out.host != into.host or out.ip == LOOPBACK or standing.known_addresses:
        return False
    return not standing.well_supported or (standing.wildcard and not is_private(out.ip))


def _judge(standing: _Standing, vote: Vote) -> tuple[float, bool, str]:
    """The confidence of a link (0 for no link), whether it is firm, and the reason."""
    seen = counted(round(vote.score) if vote.score >= 2 else 1, "connection")
    if standing.contested:
        worth = 0.4 if standing.well_supported or standing.known_addresses == 2 else 0.0
        return worth, False, f"the addresses fit {seen}, but other hosts fit as well"
    if standing.known_addresses == 2:
        if not standing.wildcard:
            return 0.95, True, "both addresses are known"
        return (
            (0.9 if standing.well_supported else 0.7),
            True,
            f"both addresses are known, the port was inferred from {seen}",
        )
    if standing.well_supported:
        return 0.97 - 0.3 / vote.score, True, f"the addresses were inferred from {seen}"
    if standing.inferred:
        return 0.8, True, "both addresses were inferred from other connections"
    if standing.known_addresses and standing.guess:
        return 0.5, False, f"one address is known, the other was guessed from {seen}"
    return (0.3 if standing.exclusive and standing.guess else 0.0), False, f"only the times of {seen} agree"


def _times(group: Group) -> list[int]:
    return [end.ms for end in group.ends]


def _exact(out: Group, into: Group, shift: int) -> int:
    """How many connects have an accept of their own within a few ticks, on corrected clocks."""
    opened = [end.ms for end in out.ends]
    taken, count = -1, 0
    for end in into.ends:
        time = end.ms + shift
        place = max(bisect_left(opened, time - _EXACT_WINDOW_MS), taken + 1)
        if place < len(opened) and opened[place] <= time + TICK_MS:
            taken = place
            count += 1
    return count


def _share(ends: Ends, vote: Vote) -> float:
    return vote.score / min(len(ends.out[vote.out].ends), len(ends.into[vote.into].ends))


def _chance(ends: Ends, vote: Vote, skew: Mapping[str, int], window: int) -> float:
    """How many connections of two unrelated groups would agree within `window` ms by chance."""
    out, into = ends.out[vote.out], ends.into[vote.into]
    shift = skew[into.host] - skew[out.host]
    first = min(out.ends[0].ms, into.ends[0].ms + shift)
    last = max(out.ends[-1].ms, into.ends[-1].ms + shift)
    return len(into.ends) * min(1.0, len(out.ends) * window / max(last - first, 1))
