"""Files of one log that overlap, such as two extracts of it: their events are read together, in the order of their serials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from provenance.ingest.pyauparse import AuditInputError, CompressionError, Event, FormatError, Parser
from provenance.ingest.pyauparse.compression import decompressed_chunks
from provenance.ingest.pyauparse.sources import STDIN, check, open_source
from provenance.ingest.pyauparse.wrappers import ends_a_frame

APART = 1 << 44
"""The offsets of each file begin this many bytes behind those of the one before it."""


class File:
    """A file that is read together with others. `head` is its next event, None at its end. `problem` is why nothing of it, or
    not all, could be read; `partial_line` is its last line when it does not end in a newline. `repeated` counts events that
    another file has, too."""

    def __init__(self, path: str, number: int, parser: Parser, report: Callable[[File], None], unknown: str) -> None:
        """The offsets of its events begin at `number` times `APART`; `unknown` is the reason for a file without a record."""
        self.path = path
        self.parser = parser
        self.base = number * APART
        self.done = self.repeated = 0
        self.problem: str | None = None
        self.unreadable = False
        self.partial_line = b""
        self.head: Event | None = None
        self._report = report
        self._unknown = unknown
        self._events = self._read()

    def advance(self) -> None:
        """Go to the next event."""
        self.head = next(self._events, None)

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
                self.done = self.parser.counts.bytes if self.path == STDIN else stream.tell()
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
    for file in files:
        file.advance()
    last: dict[str | None, Event] = {}
    while heads := [file for file in files if file.head is not None]:
        file = heads[0]
        for other in heads[1:]:
            if _comes_before(other.head, file.head, last):
                file = other
        if file.head is not None and not _repeats(file.head, last):
            yield file.head
        else:
            file.repeated += 1
        file.advance()


def _repeats(event: Event, last: dict[str | None, Event]) -> bool:
    """Whether an event is the same as the last one of its host; else it is the last one now."""
    former = last.get(event.node)
    if event.daemon:
        return False
    last[event.node] = event
    if former is None or (former.ms, former.serial) != (event.ms, event.serial):
        return False
    return former.raw == event.raw


def _comes_before(one: Event | None, other: Event | None, last: Mapping[str | None, Event]) -> bool:
    """Whether an event comes before one of another file. Serials decide while no boot lies between both: a smaller serial than
    the `last` one of the host is of the next boot, unless the other event shows by its time that it is later still."""
    if one is None or other is None:
        return other is None
    former = last.get(one.node)
    if one.node != other.node or one.daemon or other.daemon or former is None:
        return one.ms < other.ms
    goes_on, other_goes_on = one.serial >= former.serial, other.serial >= former.serial
    if goes_on == other_goes_on:
        return one.serial < other.serial
    if goes_on:
        return one.ms <= other.ms or other.ms < former.ms
    return one.ms < other.ms and one.ms >= former.ms
