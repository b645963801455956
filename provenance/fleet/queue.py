"""The queue of a listener: which of the connects that wait together is accepted first.

The kernel hands out waiting connections first in, first out (unix_accept takes the head of the listener's queue,
net/unix/af_unix.c; inet_csk_accept does, net/ipv4/inet_connection_sock.c), but serials are given at the end of the calls: of two
processes that accept at once, the records may come in another order.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

from provenance.ingest.clock import ms_of, shift

DOUBTFUL = 0.5
"""The highest confidence of a pair whose order is not certain."""
WHY = "by order alone: another client waited at the same time"
SOON_MS = 100
"""Two processes that accept within this time may do so in the other order than the records show."""
_LOOKED_BACK = 8
"""The most connects before another that are looked at."""


class Waiting(Protocol):
    """An end of a connection."""

    @property
    def first(self) -> int:
        """The moment of the connect or accept."""
        ...

    @property
    def process(self) -> int:
        """The process that connected or accepted."""
        ...


AnEnd = TypeVar("AnEnd", bound=Waiting)


def in_order(
    connects: Sequence[AnEnd], opened: set[int], accepts: Sequence[AnEnd], accepted: set[int]
) -> list[tuple[AnEnd, AnEnd]]:
    """The connects and accepts at these places, as many of one as of the other, paired as the queue hands them out. Both
    sequences are in order of time."""
    return [(connects[a], accepts[b]) for a, b in zip(_queued(connects, opened), sorted(accepted), strict=True)]


def doubtful(pairs: Sequence[tuple[AnEnd, AnEnd]], connects: Sequence[AnEnd]) -> set[int]:
    """The places of the pairs (in order of time) whose order is not certain."""
    return _crossed(pairs) | _alone(pairs, connects)


def _queued(connects: Sequence[Waiting], opened: set[int]) -> list[int]:
    """The places of the connects that were accepted: of some that waited together the first. Those that remain are accepted
    later, after the log ends or in a hole of it."""
    taken: dict[int, None] = {}
    for place in sorted(opened):
        first = place
        for earlier in range(place - 1, max(place - _LOOKED_BACK, 0) - 1, -1):
            if earlier in opened or earlier in taken or not _together(connects, earlier, place):
                break
            first = earlier
        taken[first] = None
    return list(taken)


def _together(connects: Sequence[Waiting], earlier: int, later: int) -> bool:
    return ms_of(connects[later].first) - ms_of(connects[earlier].first) <= SOON_MS


def _crossed(pairs: Sequence[tuple[Waiting, Waiting]]) -> set[int]:
    """The places of pairs of which two processes took the connections so soon after each other, with both waiting, that the order
    of their records need not be that of the queue."""
    found: set[int] = set()
    for place, ((_, before), (opened, accepted)) in enumerate(pairwise(pairs), 1):
        is_soon = ms_of(accepted.first) - ms_of(before.first) <= SOON_MS
        if opened.first < before.first and before.process != accepted.process and is_soon:
            found |= {place - 1, place}
    return found


def _alone(pairs: Sequence[tuple[Waiting, Waiting]], connects: Sequence[Waiting]) -> set[int]:
    """The places of pairs beside which another client waited whose accept no record shows: it may be this one. A client that
    calls connect again, as it must for one that does not block, waits once."""
    paired = {id(opened) for opened, _ in pairs}
    served: dict[int, list[int]] = defaultdict(list)
    for opened, _ in pairs:
        served[opened.process].append(opened.first)
    waiting = [end for end in connects if id(end) not in paired and not _is_near(served[end.process], end.first)]
    times = [end.first for end in waiting]
    found: set[int] = set()
    for place, (opened, accepted) in enumerate(pairs):
        near = bisect_left(times, shift(opened.first, -SOON_MS)), bisect_right(times, accepted.first)
        if near[0] < near[1]:
            found.add(place)
    return found


def _is_near(moments: Sequence[int], moment: int) -> bool:
    """Whether one of the sorted moments is soon before or after another."""
    place = bisect_left(moments, shift(moment, -SOON_MS))
    return place < len(moments) and moments[place] <= shift(moment, SOON_MS)
