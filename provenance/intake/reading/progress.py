"""The progress of an ingest, and its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Progress(NamedTuple):
    """The progress of an ingest. Bytes are those of the files on disk; `bytes_total` is None if a size is unknown. `events`
    are all that have been read, also those that the store already holds or that no batch has brought there yet."""

    source: str
    bytes_done: int
    bytes_total: int | None
    events: int


Report = Callable[[Progress], None]


class Workload:
    """Combines the progress of several chains."""

    def __init__(self, sizes: Iterable[int | None]) -> None:
        """`sizes` are the bytes of every file; one unknown makes the total unknown."""
        known = list(sizes)
        self._total = sum(size for size in known if size is not None) if None not in known else None
        self._chains: dict[int, Progress] = {}

    def part(self, chain: int, report: Report) -> Report:
        """A report function for one chain, which calls `report` with the progress of all chains."""

        def report_part(progress: Progress) -> None:
            self._chains[chain] = progress
            done = sum(other.bytes_done for other in self._chains.values())
            events = sum(other.events for other in self._chains.values())
            report(Progress(progress.source, done, self._total, events))

        return report_part


@dataclass(slots=True)
class IngestResult:
    """The result of an ingest. `events` are new ones, `known` were stored before, `older` come before the first stored event of
    their host and were not stored; `hosts` are in order of name.

    `older_of` has the number of the older ones of each host that has any, `unproved` that of those which follow a boot whose
    clock may have been behind; `sampled` has some of the known ones of each host, by
    time in milliseconds and serial. `problems` has one line for each truncated source (a damaged archive), whose beginning was
    ingested, for each host of which not all events were stored, and for each of `unreadable`, of which nothing could be read
    although other sources could. `unnamed` is True when lines named no host and none was given; `overridden_hostnames` are the
    first host names of syslog headers that the given host name replaced. `cut` are the sources whose last line has no newline
    yet; `ambiguous` are those with dates that can be read in two ways, each with one such date; `open_years` are those of one
    day whose year may come first, each with the date that was read; `doubtful` are pairs of files that may be of two machines.
    `without_flows` are the hosts that are new in the store and of which no event gave a flow, each with the number of its events.
    """

    lines: int = 0
    records: int = 0
    events: int = 0
    known: int = 0
    older: int = 0
    corrupt: int = 0
    late: int = 0
    incomplete: int = 0
    bytes: int = 0
    older_of: dict[str, int] = field(default_factory=dict)
    unproved: dict[str, int] = field(default_factory=dict)
    sampled: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    unnamed: bool = False
    overridden_hostnames: set[str] = field(default_factory=set)
    cut: list[str] = field(default_factory=list)
    ambiguous: dict[str, str] = field(default_factory=dict)
    open_years: dict[str, str] = field(default_factory=dict)
    doubtful: list[tuple[str, str]] = field(default_factory=list)
    without_flows: dict[str, int] = field(default_factory=dict)

    def add(self, other: IngestResult) -> None:
        """Add the result of another part of the ingest."""
        for name in ("lines", "records", "events", "known", "older", "corrupt", "late", "incomplete", "bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.hosts |= other.hosts
        for host, older in other.older_of.items():
            self.older_of[host] = self.older_of.get(host, 0) + older
        self.unproved |= other.unproved
        for host, stamps in other.sampled.items():
            self.sampled.setdefault(host, []).extend(stamps)
        self.problems += other.problems
        self.unreadable += other.unreadable
        self.unnamed = self.unnamed or other.unnamed
        self.overridden_hostnames |= other.overridden_hostnames
        self.cut += other.cut
        self.ambiguous |= other.ambiguous
        self.open_years |= other.open_years
        self.without_flows |= other.without_flows
