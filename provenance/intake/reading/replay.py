"""Reading a host again from raw lines that a store kept: the events that were derived, in the order in which they were."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from operator import itemgetter
from typing import NamedTuple

from provenance.ingest import checkpoint
from provenance.ingest.facts import Batch, Line, Note
from provenance.ingest.pyauparse import Event, Parser
from provenance.ingest.rules.corrupt_lines import digest_of
from provenance.intake.reading.host import HostReader

_CORRUPT = re.compile(r".*?, line \d+: (.*)", re.DOTALL)
_CHUNK = 2_000
_TAIL = 512
"""Events at the end that may be unfinished; the parser looks no further back either."""

Sourced = tuple[str, Line]
"""The lines of an event, and the source that they came from."""


class RemainingLines(NamedTuple):
    """The parts of a host's last checkpoint that no raw line holds: lines of events that were not finished (None when it
    cannot be read), and digests of lines that are no records."""

    held: bytes | None
    corrupt: frozenset[bytes] = frozenset()


def left_by(saved: bytes | None) -> RemainingLines:
    """The `RemainingLines` of a checkpoint. One from which no ingest can continue still has its lines, unless it is damaged or
    very old."""
    if saved is None:
        return RemainingLines(None)
    try:
        deriver, held = checkpoint.load(saved)
        return RemainingLines(held, frozenset(deriver.host.corrupt))
    except checkpoint.CheckpointError:
        pass
    try:
        return RemainingLines(checkpoint.held_by(saved))
    except checkpoint.CheckpointError:
        return RemainingLines(None)


class Replay:
    """Derives a host anew. `unreadable` counts entries from whose lines no event can be read."""

    def __init__(self, host: str, left: RemainingLines, unfinished: int | None, corrupt: Sequence[Note]) -> None:
        """`unfinished` is how many of the last events were not finished, None when nobody knows. `corrupt` are the notes about
        lines that are no records: of these nothing else is left."""
        self.unreadable = 0
        self._unfinished = unfinished
        self._name = host
        self._corrupt = corrupt
        self._reader = HostReader(host, None, lines=True)
        self._reader.deriver.host.corrupt.update(left.corrupt or map(_digest_of, corrupt))
        self._held = left.held
        self._parser = Parser(host)

    @property
    def events(self) -> int:
        """How many events have been taken in, without those that are not finished."""
        return self._reader.derived

    def batches(self, lines: Iterable[Sourced]) -> Iterator[Batch]:
        """The batches of the host's events, which come in the order in which they were derived. To be used once."""
        if self._corrupt:
            yield Batch(self._name, notes=list(self._corrupt), tallies={"corrupt": len(self._corrupt)})
        remaining = iter(lines)
        waiting = list(islice(remaining, _CHUNK))
        while more := list(islice(remaining, _CHUNK)):
            waiting += more
            yield from self._push(self._parsed(waiting[:-_TAIL]))
            waiting = waiting[-_TAIL:]
        end = self._end(waiting) if self._held is None else self._end_with(waiting, _events(self._held, self._name))
        yield from self._push(end.finished)
        for source, _ in end.unfinished[-1:]:
            yield from self._of(source)
        yield self._reader.conclude([event for _, event in end.unfinished], end.cut)

    def _push(self, events: Iterable[_Placed]) -> Iterator[Batch]:
        for source, event in events:
            yield from self._of(source)
            if self._reader.push(event):
                yield self._reader.take()

    def _of(self, source: str) -> Iterator[Batch]:
        """Starts a new batch if the source of the next lines is another one: a batch has one source."""
        if self._reader.source != source:
            if self._reader.changed:
                yield self._reader.take()
            self._reader.source = source

    def _parsed(self, lines: Sequence[Sourced]) -> list[_Placed]:
        begin = self._parser.counts.bytes
        found = [*self._parser.feed(_joined(lines)), *self._parser.close()]
        return self._placed(lines, begin, found)

    def _placed(self, lines: Sequence[Sourced], begin: int, found: Iterable[Event]) -> list[_Placed]:
        """Events in the order of their lines, whatever the parser makes of their times and serials, with the places that
        they had in their sources. `begin` is where the parser was."""
        starts = list(accumulate((len(line.raw) + 1 for _, line in lines), initial=begin))
        of_serial = {line.serial: place for place, (_, line) in enumerate(lines)}
        places = []
        for event in found:
            place = bisect_right(starts, event.offset) - 1
            if lines[place][1].serial != event.serial:  # a line can hold several events, and is stored for each
                place = of_serial.get(event.serial, place)
            places.append((place, event))
        self.unreadable += len(lines) - len({place for place, _ in places})
        placed = []
        for place, event in sorted(places, key=itemgetter(0)):
            source, line = lines[place]
            event.node, event.offset = self._name, line.offset
            if event.serial == line.serial:
                event.ms = line.ms
            placed.append((source, event))
        return placed

    def _end(self, lines: Sequence[Sourced]) -> _End:
        """The last events when there is no checkpoint that holds the unfinished ones."""
        if self._unfinished is None:
            return self._end_as_read(lines)
        placed = self._parsed(lines)
        places = [place for place, (_, event) in enumerate(placed) if not event.daemon]
        unfinished = set(places[max(len(places) - self._unfinished, 0) :])
        return _End(
            [pair for place, pair in enumerate(placed) if place not in unfinished],
            [pair for place, pair in enumerate(placed) if place in unfinished],
        )

    def _end_as_read(self, lines: Sequence[Sourced]) -> _End:
        """The last events as the end of a file is read."""
        parser = Parser(self._name)
        released = [*parser.feed(_joined(lines)), *parser.drain()]
        finished = set(map(id, released))
        placed = self._placed(lines, 0, [*released, *parser.close()])
        return _End(
            [pair for pair in placed if id(pair[1]) in finished],
            [pair for pair in placed if id(pair[1]) not in finished],
        )

    def _end_with(self, lines: Sequence[Sourced], held: Sequence[Event]) -> _End:
        """The last events when a checkpoint says which were not finished. Lines of events that were cut are only there."""
        stamps = set(map(_stamp, held))
        placed = self._parsed(lines)
        stored = {_stamp(event): (source, event.offset) for source, event in placed if not event.daemon}
        newest = lines[-1][0] if lines else ""
        unfinished, cut = [], b""
        for event in held:
            source, event.offset = stored.get(_stamp(event), (newest, 0))
            unfinished.append((source, event))
            if event.complete and _stamp(event) not in stored:
                cut = event.raw.rpartition(b"\n")[2]
        return _End([pair for pair in placed if pair[1].daemon or _stamp(pair[1]) not in stamps], unfinished, cut)


_Placed = tuple[str, Event]
"""An event and the source of its lines."""


class _End(NamedTuple):
    """The last events of a host; `cut` is a last line that no newline ended."""

    finished: list[_Placed]
    unfinished: list[_Placed]
    cut: bytes = b""


def _joined(lines: Iterable[Sourced]) -> bytes:
    return b"".join(line.raw + b"\n" for _, line in lines)


def _events(lines: bytes, name: str) -> list[Event]:
    parser = Parser(name)
    return [*parser.feed(lines), *parser.close()]


def _stamp(event: Event) -> tuple[int, int]:
    return event.ms, event.serial


def _digest_of(note: Note) -> bytes:
    """The digest of a corrupt line, from the note about it (`Deriver.add_corrupt`). The note has only the beginning of a very
    long line, so such a line is counted again when it is read again."""
    found = _CORRUPT.match(note.text)
    return digest_of((found[1] if found else note.text).encode("utf-8", "surrogateescape"))
