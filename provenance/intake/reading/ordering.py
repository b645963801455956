"""The order of the files of one log: what their records show, and where the clock may have gone back, their names.

Files that one log was rotated to have names that say their order (`audit.log.2`, `audit.log.1`, `audit.log`), which holds
also when the machine booted with its clock behind. Any other files, and those whose records contradict their names, are in the
order of the times and serials with which they begin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise

from provenance.ingest.pyauparse.sources import rotated_from
from provenance.intake.reading.extents import Extent, Place

_NEAR = 1024
"""A file continues another one if its first serial is at most this far above the last one of the other."""
_SWAPPED = 64
"""Where a log was cut in two, the lines of the last events interleave with those of the next ones."""
_LATE_MS = 2000
"""Times of one log that differ by at most this can be in any order; then serials decide."""
_MOST_COMPARED = 64
"""The most files that are compared, each with each other one."""
_SAME_MS = 60_000
"""The most by which the times that two files give for one event, or for its neighbours, differ."""

TimeAt = Callable[[str, str | None, int], int | None]
"""The time of the event of a host in a file that has this serial or the next one."""
Ends = Callable[[str], Mapping[str | None, Place]]
"""The places at which the records of each host end in a file."""


def in_order(paths: Sequence[str], extents: Mapping[str, Extent], ends: Ends) -> list[str]:
    """The paths, oldest first. A file whose beginning shows no time stays behind the one before it."""
    begins = _begins(paths, extents)
    sequences = [
        list(files) if _names_hold(files, extents, ends) else sorted(files, key=begins.__getitem__)
        for files in _rotations(paths)
    ]
    found: list[str] = []
    reached = [Place(-1, -1)] * len(sequences)
    while any(sequences):
        heads = [
            (max(begins[sequence[0]], reached[number]), number) for number, sequence in enumerate(sequences) if sequence
        ]
        place, number = min(heads)
        reached[number] = place
        found.append(sequences[number].pop(0))
    return found


def is_rotation(paths: Sequence[str], extents: Mapping[str, Extent], ends: Ends) -> bool:
    """Whether all files are those that one log was rotated to, in the order of their names."""
    return len(_rotations(paths)) == 1 and _names_hold(paths, extents, ends)


def overlap(paths: Sequence[str], extents: Mapping[str, Extent], ends: Ends) -> bool:
    """Whether a file of a log holds events between those of another one, so that their events have to be put in order together.
    Files of one rotation do not, nor does a file with a boot whose clock was behind."""
    rotation = {path: number for number, files in enumerate(_rotations(paths)) for path in files}
    held = {number for number, files in enumerate(_rotations(paths)) if _names_hold(files, extents, ends)}
    read: dict[str | None, list[tuple[int, Place, Place]]] = {}
    for path in paths:
        number = rotation[path]
        last = ends(path)
        for host, start in extents[path].starts.items():
            end = last.get(host, start)
            for other, begun, ended in read.get(host, ()):
                if (other != number or number not in held) and _meet(start, end, begun, ended, extents[path].boots):
                    return True
            read.setdefault(host, []).append((number, start, end))
    return False


def other_boots(paths: Sequence[str], extents: Mapping[str, Extent], ends: Ends, time_at: TimeAt) -> list[str]:
    """The files that begin with a boot whose clock was behind, so that their serials and times meet those of another file that is
    not of that boot: where the other one begins, their serials have other times."""
    found = []
    for path in paths if any(extents[path].boots for path in paths) else ():
        others = [other for other in paths if other != path and (rotated_from(other) or other) != rotated_from(path)]
        starts = [
            (host, start, extents[other].starts.get(host))
            for other in others
            for host, start in extents[path].starts.items()
        ]
        if extents[path].boots and any(
            other is not None and _is_of_another_boot(path, host, start, other, ends, time_at)
            for host, start, other in starts
        ):
            found.append(path)
    return found


def _is_of_another_boot(path: str, host: str | None, start: Place, other: Place, ends: Ends, time_at: TimeAt) -> bool:
    """Whether `other` is where a log begins that is not of the boot with which a file of the host begins."""
    end = ends(path).get(host)
    if end is None or not (start.serial < other.serial <= end.serial and start.ms < other.ms <= end.ms):
        return False
    ms = time_at(path, host, other.serial)
    return ms is not None and abs(ms - other.ms) > _SAME_MS


def two_machines(paths: Sequence[str], extents: Mapping[str, Extent], ends: Ends) -> list[tuple[str, str]]:
    """The pairs of files with records of one host that are of the same times and of other serials: they are of two machines,
    or the clock was set back."""
    found = []
    for one, other in combinations(paths[:_MOST_COMPARED], 2):
        if (rotated_from(one) or one) == (rotated_from(other) or other):
            continue
        for host, start in extents[one].starts.items():
            begun, end, ended = extents[other].starts.get(host), ends(one).get(host), ends(other).get(host)
            if (
                begun is None
                or end is None
                or ended is None
                or end.serial < start.serial
                or ended.serial < begun.serial
            ):
                continue
            shared_ms = min(end.ms, ended.ms) - max(start.ms, begun.ms)
            if shared_ms > _LATE_MS and (start.serial > ended.serial or begun.serial > end.serial):
                found.append((one, other))
    return found


def _meet(start: Place, end: Place, begun: Place, ended: Place, boots: bool) -> bool:
    """Whether a part of a log from `start` to `end` has events between those of another one, which stands before it. Serials
    show it, unless they start again within one of the two."""
    if start.ms > ended.ms or end.ms < begun.ms:
        return False
    if start.serial <= end.serial and begun.serial <= ended.serial:
        return start.serial <= ended.serial - _SWAPPED and begun.serial <= end.serial - _SWAPPED
    return not boots


def _begins(paths: Sequence[str], extents: Mapping[str, Extent]) -> dict[str, Place]:
    """The place at which each file begins, for one without any that of the file before it."""
    begins: dict[str, Place] = {}
    last = Place(-1, -1)
    for path in paths:
        last = begins[path] = extents[path].begin or last
    return begins


def _rotations(paths: Iterable[str]) -> list[list[str]]:
    """The paths by the log that they were rotated from; any other file stands alone."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(rotated_from(path) or path, []).append(path)
    return list(groups.values())


def _names_hold(paths: Sequence[str], extents: Mapping[str, Extent], ends: Ends) -> bool:
    """Whether no records contradict the order of the names: where a file begins at an earlier time than the one before it, the
    clock went back, unless the other one continues it, or its records reach into those of the other one."""
    for earlier, later in pairwise(paths):
        starts = extents[earlier].starts
        for host, start in extents[later].starts.items():
            if (
                host in starts
                and start.ms < starts[host].ms - _LATE_MS
                and not _continues(start, ends(earlier).get(host))
            ):
                end = ends(later).get(host)
                if _continues(starts[host], end) or _reaches(start, starts[host], end):
                    return False
    return True


def _reaches(start: Place, other: Place, end: Place | None) -> bool:
    return end is not None and start.serial < other.serial < end.serial and other.ms <= end.ms


def _continues(start: Place, end: Place | None) -> bool:
    return end is not None and 0 <= start.serial - end.serial <= _NEAR
