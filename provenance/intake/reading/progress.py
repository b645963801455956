"""What is said while logs are read, and when they have been."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Progress(NamedTuple):
    """How far an ingest is. Bytes are those of the files as they lie on disk; None where a size is unknown."""

    source: str
    bytes_done: int
    bytes_total: int | None
    events: int


Report = Callable[[Progress], None]


class Workload:
    """Several chains as one piece of work: from how far each is, how far all are."""

    def __init__(self, sizes: Iterable[int | None]) -> None:
        """`sizes` are the bytes of every file; one unknown makes the total unknown."""
        known = list(sizes)
        self._total = sum(size for size in known if size is not None) if None not in known else None
        self._chains: dict[int, Progress] = {}

    def part(self, chain: int, report: Report) -> Report:
        """What to tell the progress of one chain: `report` is told that of all."""

        def tell(progress: Progress) -> None:
            self._chains[chain] = progress
            done = sum(other.bytes_done for other in self._chains.values())
            events = sum(other.events for other in self._chains.values())
            report(Progress(progress.source, done, self._total, events))

        return tell


@dataclass(slots=True)
class Ingested:
    """What an ingest did. `events` are new ones, `known` those that the store already held; `older`
    those before the first one that the store holds of their host, which were not taken in; `hosts` in order of name.

    `problems` are sources that ended before their end (a damaged archive), one line each: what came before was kept; and those
    of `unread`, of which nothing could be read although others could. `unnamed` is True when lines named no host and none was
    given; `overridden_hostnames` are the first names of syslog headers whose lines were taken as those of the host that was
    given. `cut` are the sources whose last line has no newline yet; `ambiguous` are those with dates that can be read in two
    ways, each with one such date.
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
    hosts: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    unnamed: bool = False
    overridden_hostnames: set[str] = field(default_factory=set)
    cut: list[str] = field(default_factory=list)
    ambiguous: dict[str, str] = field(default_factory=dict)

    def add(self, other: Ingested) -> None:
        """Add what another part did."""
        for name in ("lines", "records", "events", "known", "older", "corrupt", "late", "incomplete", "bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.hosts |= other.hosts
        self.problems += other.problems
        self.unread += other.unread
        self.unnamed = self.unnamed or other.unnamed
        self.overridden_hostnames |= other.overridden_hostnames
        self.cut += other.cut
        self.ambiguous |= other.ambiguous
