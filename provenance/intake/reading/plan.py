"""The plan of an ingest: files of one host form a chain, which is read in order; chains are independent of each other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import NamedTuple

from provenance.intake.reading.extents import Extent, beginning, ending, time_at
from provenance.intake.reading.ordering import in_order, is_rotation, other_boots, overlap, two_machines


class PlannedChain(NamedTuple):
    """A planned chain: its files, oldest first, and the hosts that the beginnings of the files show (None for lines without a
    host). `together` says that files hold events between those of others, `rotated` that they are those of one rotation;
    `doubtful` are pairs of files that may be of two machines under one name."""

    files: list[str]
    hosts: frozenset[str | None]
    together: bool = False
    rotated: bool = False
    doubtful: tuple[tuple[str, str], ...] = ()


def chains(paths: Sequence[str], name: str | None) -> list[PlannedChain]:
    """The files of `paths` divided into chains that have no host in common in their beginnings, each in order of time. A file
    whose beginning cannot be read is of the host `name`: reading it will raise the error. A file with a boot whose clock was
    behind is a chain of its own, behind that of the other files of its host."""
    extents = {path: beginning(path, name) for path in paths}
    ends = cache(partial(ending, name=name))
    planned = []
    for files, hosts in _groups(paths, extents):
        ordered = in_order(files, extents, ends)
        if is_rotation(ordered, extents, ends):
            planned.append(PlannedChain(ordered, frozenset(hosts), rotated=True))
            continue
        behind = other_boots(ordered, extents, ends, lambda path, host, serial: time_at(path, name, host, serial))
        rest = [path for path in ordered if path not in behind]
        doubtful = tuple(two_machines(rest, extents, ends))
        planned.append(PlannedChain(rest, frozenset(hosts), overlap(rest, extents, ends), doubtful=doubtful))
        planned += [PlannedChain([path], extents[path].hosts) for path in behind]
    return planned


def _groups(paths: Sequence[str], extents: dict[str, Extent]) -> list[tuple[list[str], set[str | None]]]:
    """The paths by the hosts that they have in common, in their order."""
    groups: list[tuple[set[str | None], list[str]]] = []
    for path in paths:
        hosts = extents[path].hosts
        joined: tuple[set[str | None], list[str]] = (set(hosts), [])
        apart = []
        for group in groups:
            if group[0] & hosts:
                joined[0].update(group[0])
                joined[1].extend(group[1])
            else:
                apart.append(group)
        joined[1].append(path)
        groups = [*apart, joined]
    order = {path: place for place, path in enumerate(paths)}
    return [(sorted(files, key=order.__getitem__), hosts) for hosts, files in groups]
