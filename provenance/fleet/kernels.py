"""Hosts that share a kernel (containers): the serials that one log lacks are in another's, and nothing is lost.

A kernel counts the events of all its containers together. Nearly every event belongs to one host, so the logs of hosts that
share a kernel have hardly a serial in common, and together they have as many serials as the kernel gave, unless some were lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

_WINDOW = 1024
"""The newest serials of a log of which it is known which are missing."""


_IN_COMMON = 0.01
"""The part of the serials that may be in two logs of one kernel: a change of the rules is reported to every listener."""
_READ = 500_000
"""Logs of at most so many events are read to count what they have in common."""


class Serials(NamedTuple):
    """The serials of one host's log, in one count: the first and last one with their moments, how many between them are missing,
    and the ranges of those that are missing among the last `_WINDOW`."""

    host: str
    first: int
    last: int
    missing: int
    first_moment: int
    last_moment: int
    newest_missing: tuple[tuple[int, int], ...]

    @property
    def held(self) -> int:
        """How many serials the log has."""
        return self.last - self.first + 1 - self.missing

    def newest(self) -> set[int]:
        """The serials that the log has among its last ones."""
        lacking = {
            serial for first, last in self.newest_missing for serial in range(max(first, self.last - _WINDOW), last + 1)
        }
        return set(range(max(self.first, self.last - _WINDOW + 1), self.last + 1)) - lacking


def unexplained(logs: Iterable[Serials], read: Callable[[str], Iterable[int]]) -> Mapping[str, int]:
    """For each host that shares its kernel with others: how many serials are in none of their logs. `read` gives all serials of a
    host, and is called for small logs that have some in common."""
    found: dict[str, int] = {}
    for group in _groups([log for log in logs if log.missing > 0]):
        absent = _span(group) - sum(log.held for log in group)
        if len(group) > 1 and absent < 0 and sum(log.held for log in group) <= _READ:
            absent = _span(group) - len({serial for log in group for serial in read(log.host)})
        if len(group) > 1 and absent >= 0:
            found.update((log.host, absent) for log in group)
    return found


def _groups(logs: Sequence[Serials]) -> list[list[Serials]]:
    """Logs of one kernel, as far as ranges, times and serials show it."""
    groups = [[log] for log in logs]
    for one, other in combinations(logs, 2):
        if _may_share(one, other):
            first, second = (next(group for group in groups if log in group) for log in (one, other))
            if first is not second:
                groups.remove(second)
                first += second
    return groups


def _may_share(one: Serials, other: Serials) -> bool:
    """Whether two logs can be of one kernel: their serials overlap and grow together in time, and none is in both."""
    if (
        one.first > other.last
        or other.first > one.last
        or one.held + other.held > _span((one, other)) * (1 + _IN_COMMON)
    ):
        return False
    ends = [(log.first, log.first_moment) for log in (one, other)] + [
        (log.last, log.last_moment) for log in (one, other)
    ]
    ends.sort()
    return all(before[1] <= after[1] for before, after in pairwise(ends)) and not (one.newest() & other.newest())


def _span(logs: Sequence[Serials]) -> int:
    return max(log.last for log in logs) - min(log.first for log in logs) + 1
