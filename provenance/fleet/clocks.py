"""Clocks of hosts: the offset of two clocks, and the corrections that make all clocks agree.

An *offset* of a pair (A, B) is B's clock minus A's, in milliseconds: a connection that A opens at `a` is accepted at
about `a + offset` by B's clock. It is found by voting, because some differences mislead: the record of an accept
has the time at which the call was made, which for a call that blocks on a quiet host is long before the connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

TICK_MS = 4
"""The grain of audit's times (a jiffy of CONFIG_HZ=250)."""
CLUSTER_MS = 100
"""Differences within this range support the same offset: it covers a handshake and the wake-up of a listener."""
EXACT_MS = 2 * TICK_MS
"""Times of two hosts that come from one clock tick each differ by no more."""
_NEAR_ZERO_MS = 2 * TICK_MS
_SMALL_MS = 1000
_SAMPLE = 48
_FEWEST_TIMED = 5
"""From this many connections on, a timer can be recognized."""


class Offset(NamedTuple):
    """The offset that explains most connections, how many it explains, and how many the second best offset and zero explain."""

    ms: int
    explained: int
    runner_up: int
    zero: int
    exact: int = 0
    """How many agree within EXACT_MS."""


class PairOffset(NamedTuple):
    """B's clock minus A's, how many connections support it, and whether no other offset fits as well."""

    a: str
    b: str
    ms: int
    weight: int
    sure: bool = True


def vote(opened: Sequence[int], accepted: Sequence[int]) -> Offset | None:
    """The offset under which most of `accepted` follow one of `opened` (sorted ms). None when either is empty.

    Of a long sequence only the ends after the longest pauses are compared, which are the same on both hosts.
    """
    a, b = _sample(opened), _sample(accepted)
    differences = sorted(y - x for x in a for y in b)
    if not differences:
        return None
    start, count = _densest(differences)
    others = [d for d in differences if abs(d - differences[start]) > 2 * CLUSTER_MS]
    runner_up = _densest(others)[1] if others else 0
    zero = sum(1 for d in differences if -_NEAR_ZERO_MS <= d <= CLUSTER_MS)
    most = min(len(a), len(b))
    near = differences[start : start + count]
    place, exact = _densest([difference - near[0] for difference in near], EXACT_MS)
    ms = near[place] if 2 * exact > count else differences[start]
    return Offset(ms, min(count, most), min(runner_up, most), min(zero, most), min(exact, most))


def by_timer(opened: Sequence[int], accepted: Sequence[int]) -> bool:
    """Whether the two fit nearly as well at another offset, as with a timer. Then a fit at one offset proves little."""
    found = vote(opened, accepted)
    return found is not None and found.explained >= _FEWEST_TIMED and found.runner_up > 0.6 * found.explained


def _sample(times: Sequence[int]) -> list[int]:
    if len(times) <= _SAMPLE:
        return list(times)
    silences = sorted(range(1, len(times)), key=lambda i: (times[i - 1] - times[i], i))
    return sorted(times[i] for i in silences[:_SAMPLE])


def _densest(differences: Sequence[int], width: int = CLUSTER_MS) -> tuple[int, int]:
    """Where the `width` ms with the most differences begin, and how many they hold; nearest to zero among equals."""
    best, where, end = 0, 0, 0
    for start, low in enumerate(differences):
        while end < len(differences) and differences[end] <= low + width:
            end += 1
        held = end - start
        if held > best or (held == best and abs(low) < abs(differences[where])):
            best, where = held, start
    return where, best


def offset_bound(differences: Sequence[int]) -> int | None:
    """The greatest offset under which no accept of the main cluster precedes its connect; None without enough differences.

    Fewer than three differences count only when an accept would slightly precede its connect, and one that would do so by
    more than a second blocked.
    """
    ordered = sorted(differences)
    if len(ordered) >= 3:
        where, count = _densest(ordered)
        return ordered[where] if 2 * count >= len(ordered) else None
    least = min((ms for ms in ordered if ms >= -_SMALL_MS), default=0)
    return least if least < -TICK_MS else None


def pair_offset(forth: Sequence[int], back: Sequence[int]) -> int:
    """The offset of a pair from accept minus connect of what A opened to B (`forth`) and B to A (`back`).

    What A opened bounds the offset from above, what B opened from below. Zero is preferred where it is within a tick or
    two of being as good.
    """
    high, low = offset_bound(forth), offset_bound(back)
    if high is None and low is None:
        return 0
    if low is None or high is None:
        only = high if high is not None else -(low or 0)
        return only if abs(only) > _NEAR_ZERO_MS else 0
    if -low - _NEAR_ZERO_MS <= 0 <= high + _NEAR_ZERO_MS:
        return 0
    return (high - low) // 2


def corrections(
    pairs: Iterable[PairOffset], hosts: Mapping[str, int], fixed: frozenset[str] = frozenset()
) -> dict[str, int]:
    """Milliseconds to add to each host's times, from a spanning tree of the offsets with the most support.

    `hosts` are all hosts with the number of their connections: the reference, which is left as it is, is the one with
    the most (the first by name among equals) of those that offsets link together. The clocks of `fixed` hosts agree and
    are left as they are.
    """
    skew = dict.fromkeys(sorted(hosts), 0)
    near: dict[str, list[tuple[str, int]]] = {host: [] for host in skew}
    for pair in spanning_tree(pairs, skew, fixed):
        a, b = as_one(pair.a, fixed), as_one(pair.b, fixed)
        near[a].append((b, pair.ms))
        near[b].append((a, -pair.ms))
    done: set[str] = set()
    for root in sorted(skew, key=lambda host: (host not in fixed, -hosts[host], host)):
        waiting = [root] if root not in done else []
        while waiting:
            host = waiting.pop()
            done.add(host)
            for other, offset in near[host]:
                if other not in done:
                    skew[other] = skew[host] - offset
                    waiting.append(other)
    return skew


def relax(leads: Mapping[tuple[str, str], int], skew: Mapping[str, int]) -> dict[str, int]:
    """Adjust clocks slightly after the spanning tree, so that no accept precedes its connect by more than a tick.

    `leads` are for (A, B) the least accept minus connect by corrected clocks. A system of difference constraints,
    solved by Bellman and Ford's relaxation; one that has no solution changes nothing.
    """
    move = dict.fromkeys(skew, 0)
    for _ in skew:
        changed = False
        for (a, b), lead in sorted(leads.items()):
            most = move[b] + lead + TICK_MS
            if move[a] > most:
                move[a], changed = most, True
        if not changed:
            break
    else:
        return dict(skew)
    return {host: ms + move[host] for host, ms in skew.items()}


def relative_to_reference(
    skew: Mapping[str, int], hosts: Mapping[str, int], fixed: frozenset[str] = frozenset()
) -> dict[str, int]:
    """The same corrections, relative to the clocks of the `fixed` hosts, or to that of the host with the most connections."""
    reference = min(fixed) if fixed else min(skew, key=lambda host: (-hosts[host], host), default=None)
    start = skew[reference] if reference is not None else 0
    return {host: 0 if host in fixed else ms - start for host, ms in skew.items()}


def as_one(host: str, fixed: frozenset[str]) -> str:
    """The host whose name stands for all hosts with a fixed clock; any other host itself."""
    return min(fixed) if host in fixed else host


class Parts:
    """The parts of a fleet that offsets link together. The `fixed` hosts are one."""

    def __init__(self, hosts: Iterable[str], fixed: frozenset[str]) -> None:
        self._fixed = fixed
        self._parent = {host: host for host in hosts}

    def of(self, host: str) -> str:
        """The host whose name stands for the part of a host."""
        parent = self._parent
        host = as_one(host, self._fixed)
        while parent[host] != host:
            parent[host] = parent[parent[host]]
            host = parent[host]
        return host

    def link(self, a: str, b: str) -> bool:
        """Make the parts of two hosts one; False when they are one already."""
        a, b = self.of(a), self.of(b)
        self._parent[a] = b
        return a != b


def spanning_tree(pairs: Iterable[PairOffset], hosts: Iterable[str], fixed: frozenset[str]) -> list[PairOffset]:
    """The pairs with the most support that link hosts without a circle."""
    parts = Parts(hosts, fixed)
    ordered = sorted(pairs, key=lambda p: (-p.weight, abs(p.ms), p.a, p.b))
    return [pair for pair in ordered if parts.link(pair.a, pair.b)]
