"""Files of one log that overlap, such as two extracts of it: their events are read together, in the order of their serials.

The events of each host are put in order for themselves, because the clocks of two hosts differ. So a file is read as far as its
next event of a host; what stands before it waits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from provenance.ingest.pyauparse import AuditInputError, CompressionError, Event, FormatError, Parser
from provenance.ingest.pyauparse.compression import decompressed_chunks
from provenance.ingest.pyauparse.sources import STDIN, check, open_source
from provenance.ingest.pyauparse.wrappers import ends_a_frame
from provenance.intake.reading.extents import is_seekable

_MOST_WAITING = 20_000
"""How many events of other hosts are read ahead of the next event of one."""
OFFSETS_OF_A_FILE = 1 << 44
"""The offsets of each file begin this many bytes behind those of the one before it."""


class File:
    """A file that is read together with others. `waiting` counts the events that were read ahead, `repeated` those that another
    file has, too. `problem` is why nothing of it, or not all, could be read; `partial_line` is its last line when it does not end
    in a newline."""

    def __init__(self, path: str, number: int, parser: Parser, report: Callable[[File], None], unknown: str) -> None:
        """The offsets of its events begin at `number` times `OFFSETS_OF_A_FILE`; `unknown` is why one has no record."""
        self.path = path
        self.parser = parser
        self.base = number * OFFSETS_OF_A_FILE
        self.done = self.repeated = 0
        self.problem: str | None = None
        self.unreadable = False
        self.partial_line = b""
        self.waiting = 0
        self._queues: dict[str | None, deque[Event]] = {}
        self._order: deque[str | None] = deque()
        self._taken: Counter[str | None] = Counter()
        self._report = report
        self._unknown = unknown
        self._events = self._read()

    def next_host(self) -> str | Literal[False] | None:
        """The host of the first event that waits, False at the end of the file."""
        while True:
            if not self._order and not self._read_one():
                return False
            host = self._order[0]
            if not self._taken[host]:
                return host
            self._taken[host] -= 1
            self._order.popleft()

    def next_of(self, host: str | None) -> Event | None:
        """The next event of a host; None when there is none, or it is too far away."""
        queue = self._queues.setdefault(host, deque())
        while not queue and self.waiting < _MOST_WAITING and self._read_one():
            pass
        return queue[0] if queue else None

    def take(self, host: str | None) -> None:
        """Remove the next event of a host."""
        self._queues[host].popleft()
        self._taken[host] += 1
        self.waiting -= 1

    def _read_one(self) -> bool:
        event = next(self._events, None)
        if event is None:
            return False
        self._queues.setdefault(event.node, deque()).append(event)
        self._order.append(event.node)
        self.waiting += 1
        return True

    def _read(self) -> Iterator[Event]:
        try:
            yield from self._chunks()
        except AuditInputError as error:
            self.unreadable = not isinstance(error, CompressionError) or not self.parser.counts.records
            self.problem = str(error) if self.unreadable else f"{error}; the part before it was ingested"
        self.partial_line = self.parser.take_partial_line()
        if ends_a_frame(self.partial_line):
            yield from self._placed(self.parser.feed(self.partial_line + b"\n"))
            self.partial_line = b""
        yield from self._placed(self.parser.close())
        counts = self.parser.counts
        if not counts.records and counts.lines and self.problem is None:
            self.unreadable, self.problem = True, str(FormatError(self.path, self._unknown))

    def _chunks(self) -> Iterator[Event]:
        stream = open_source(self.path)
        try:
            for number, chunk in enumerate(decompressed_chunks(stream, self.path)):
                if not number:
                    check(chunk, self.path)
                yield from self._placed(self.parser.feed(chunk))
                self.done = stream.tell() if is_seekable(self.path) else self.parser.counts.bytes
                self._report(self)
        finally:
            if self.path != STDIN:
                stream.close()

    def _placed(self, events: Sequence[Event]) -> Sequence[Event]:
        for event in events:
            event.offset += self.base
        return events


def in_order(files: Sequence[File]) -> Iterator[Event]:
    """The events of files, those of each host in the order of their serials."""
    last: dict[str | None, Event] = {}
    left = list(files)
    while left:
        fullest = max(left, key=lambda file: file.waiting)
        host = fullest.next_host()
        if host is False:
            left.remove(fullest)
            continue
        file, event = fullest, None
        for other in files:
            head = other.next_of(host)
            if head is not None and (event is None or _comes_before(head, event, last)):
                file, event = other, head
        file.take(host)
        if event is not None and not _repeats(event, last):
            yield event
        else:
            file.repeated += 1


def _repeats(event: Event, last: dict[str | None, Event]) -> bool:
    """Whether an event is the same as the last one of its host; else it is the last one now."""
    former = last.get(event.node)
    if event.daemon:
        return False
    last[event.node] = event
    if former is None or (former.ms, former.serial) != (event.ms, event.serial):
        return False
    return former.raw == event.raw


def _comes_before(one: Event, other: Event, last: Mapping[str | None, Event]) -> bool:
    """Whether an event comes before one of the same host in another file. Serials decide while no boot lies between both: a
    smaller serial than the `last` one of the host is of the next boot, unless the other event shows by its time that it is later
    still."""
    former = last.get(one.node)
    if one.daemon or other.daemon or former is None:
        return one.ms < other.ms
    goes_on, other_goes_on = one.serial >= former.serial, other.serial >= former.serial
    if goes_on == other_goes_on:
        return one.serial < other.serial
    if goes_on:
        return one.ms <= other.ms or other.ms < former.ms
    return one.ms < other.ms and one.ms >= former.ms
