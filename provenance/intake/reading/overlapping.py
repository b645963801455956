"""A chain of files that overlap, such as two extracts of one log: their events are put in order together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from provenance.ingest.facts import Batch, Line
from provenance.ingest.pyauparse import Event
from provenance.intake.reading.chain import UNKNOWN, Chain, Checkpoint
from provenance.intake.reading.host import BATCH_BYTES
from provenance.intake.reading.plan import PlannedChain
from provenance.intake.reading.progress import Progress, Report
from provenance.intake.reading.together import OFFSETS_OF_A_FILE, File, in_order

_SOME = 512


class OverlappingChain(Chain):
    """Reads files side by side and yields batches, as `Chain` does one after another."""

    _read: Sequence[File] = ()
    _bytes = 0

    def batches(self, files: Iterable[str]) -> Iterator[Batch]:
        """Every batch of the chain's files; nothing can be read afterwards. A file that cannot be read is added to
        `done.unreadable`, and the others are read."""
        paths = list(files)
        self._path = ", ".join(paths)
        self._read = [
            File(path, number, self._make_parser(), self._report_file, UNKNOWN) for number, path in enumerate(paths)
        ]
        for batch in self._batches():
            yield from _apart(batch, paths)

    def _batches(self) -> Iterator[Batch]:
        events = in_order(self._read)
        while some := list(islice(events, _SOME)):
            yield from self._push_some(self._parser.insert(some))
        yield from self._push_some(self._parser.drain())
        for file in self._read:
            self._conclude_file(file)
        yield from self.conclude()
        self.done.known += sum(file.repeated for file in self._read)

    def _push_some(self, events: Sequence[Event]) -> Iterator[Batch]:
        """Derive events of several files, whose offsets do not show how many bytes a batch has."""
        for event in events:
            name = event.node = event.node if event.node is not None else self._name
            host = self._host(name)
            host.source = self._path
            host.push(event)
            self._bytes += len(event.raw)
            if host.has_many or self._bytes >= BATCH_BYTES:
                self._bytes = 0
                yield from (one.take() for one in self._hosts.values() if one.changed)

    def _first_path(self) -> str:
        return self._read[0].path

    def _report_file(self, file: File) -> None:
        self._report(Progress(file.path, sum(one.done for one in self._read), None, self._derived()[0]))

    def _conclude_file(self, file: File) -> None:
        """Add the counts of a file and its problems."""
        self._parser.counts.add_lines(file.parser.counts)
        self._parser.overridden_hostnames |= file.parser.overridden_hostnames
        if file.problem is not None:
            (self.done.unreadable if file.unreadable else self.done.problems).append(file.problem)
        if file.partial_line:
            self._parser.counts.bytes += len(file.partial_line)
            self.done.cut.append(file.path)
        if not file.unreadable:
            self._note(file.path, file.parser.counts.corrupt_lines)
            self._check_dates(file.path, file.parser)


def chain_of(
    planned: PlannedChain,
    name: str | None,
    checkpoint_of: Checkpoint,
    lines: bool,
    report: Report,
    day_first: bool | None,
) -> Chain:
    """The chain that reads planned files."""
    if planned.together:
        return OverlappingChain(name, checkpoint_of, lines, report, day_first)
    return Chain(name, checkpoint_of, lines, report, day_first, planned.rotated)


def _apart(batch: Batch, paths: Sequence[str]) -> Iterator[Batch]:
    """A batch of files that were read together, the raw lines of each file in a batch of its own, with their true offsets."""
    lines: dict[int, list[Line]] = {}
    for line in batch.lines:
        number, offset = divmod(line.offset, OFFSETS_OF_A_FILE)
        lines.setdefault(number, []).append(line._replace(offset=offset))
    batch.source = paths[min(lines, default=0)]
    batch.lines = lines.pop(min(lines, default=0), [])
    for number, own in lines.items():
        yield Batch(batch.host, lines=own, source=paths[number])
    yield batch
