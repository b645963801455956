"""A chain: files that are read one after another as one log, with a deriver for each host in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain as chained
from operator import itemgetter
from pathlib import Path

from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import AuditInputError, CompressionError, Event, FormatError, Parser
from provenance.ingest.pyauparse.compression import decompressed_chunks
from provenance.ingest.pyauparse.counts import CorruptLine
from provenance.ingest.pyauparse.headers import read_header
from provenance.ingest.pyauparse.sources import STDIN, check, open_source
from provenance.ingest.pyauparse.wrappers import ends_a_frame, hostname_of
from provenance.intake.reading.host import HostReader
from provenance.intake.reading.progress import IngestResult, Progress, Report
from provenance.text.counts import counted

UNNAMED = "unnamed"
"""The host name of lines that name no host, when the caller gives no name either."""

_UNDER_WAY = 3
"""The most events of a log that is still being written whose other records may be on their way."""
_PREFIX = 4096
"""Bytes of a line in which a prefix that names a host ends."""
UNKNOWN = (
    "it holds no audit record in a known format (docs/shippers.md lists them). Ingest the log that auditd wrote, the output "
    "of `ausearch --raw` or that of `journalctl -o export`: without -o, journalctl prints no serials of events. JSON needs one "
    "object a line, as `jq -c` writes it"
)
_ADVICE = (
    "The system calls of its architecture may be none that this program knows, or a shipper may have dropped or renamed the "
    "fields that facts are made of (docs/shippers.md lists the shippers that are read): ingest the log that auditd wrote, or let "
    "the shipper keep the raw records (auditbeat: include_raw_message)"
)

Checkpoint = Callable[[str], bytes | None]
"""Returns the checkpoint of a host's last batch."""


class Chain:
    """Reads files and yields batches. `name` is the host of lines without `node=`; None takes it from their syslog header."""

    def __init__(
        self,
        name: str | None,
        checkpoint_of: Checkpoint,
        lines: bool,
        report: Report,
        day_first: bool | None = None,
        rotated: bool = False,
    ) -> None:
        """`day_first` is the order of the dates that `ausearch -i` has written; None lets the files tell it. `rotated` says
        that the files are those of one rotation, so that each is later than the one before it whatever its times are."""
        self.done = IngestResult()
        self._unnamed = name is None
        self._rotated = rotated
        self._name = name or UNNAMED
        self._make_parser = partial(Parser, name, day_first)
        self._parser = self._make_parser()
        self._checkpoint_of = checkpoint_of
        self._lines = lines
        self._report = report
        self._hosts: dict[str, HostReader] = {}
        self._files: list[tuple[int, str]] = []
        self._base = 0
        self._added_newlines = 0
        self._path = ""
        self._before = (0, 0)

    def batches(self, files: Iterable[str]) -> Iterator[Batch]:
        """Every batch of the chain's files, read in this order; nothing can be read afterwards. A file that cannot be read is
        added to `done.unreadable`, and the others are read."""
        before = 0
        for path in files:
            try:
                yield from self.read(path, before)
            except AuditInputError as error:
                self.done.unreadable.append(str(error))
            before += size_of(path) or 0
        yield from self.conclude()

    def read(self, path: str, before: int = 0) -> Iterator[Batch]:
        """The batches of one file. `before` are the bytes of the chain's files before it, for the reports.

        Raises AuditInputError when nothing of the file can be read; a truncated file is added to `done.problems`.
        """
        stream = open_source(path)
        has_size = size_of(path) is not None
        counts = self._parser.counts
        begun, records, others = counts.bytes, counts.records, counts.lines
        self._before = self._derived()
        try:
            rest = decompressed_chunks(stream, path)
            first = next(rest, b"")
            check(first, path)
            yield from self._end_line(first)
            begun = self._base = self._parser.counts.bytes
            self._parser.begin_file(self._rotated)
            self._path = path
            self._files.append((self._base, path))
            for chunk in chained((first,), rest):
                yield from self._push(self._parser.feed(chunk))
                if counts.records > records:
                    self._note_corrupt()
                done = stream.tell() if has_size else self._parser.counts.bytes - self._base
                self._report(Progress(path, before + done, None, self._derived()[0]))
        except CompressionError as error:
            if self._parser.counts.bytes == begun:
                raise
            self.done.problems.append(f"{error}; the part before it was ingested")
        finally:
            if path != STDIN:
                stream.close()
        yield from self._push(self._parser.drain())
        held = self._parser.pending()
        if counts.records == records and (counts.lines > others or held) and not _may_be_a_record(held):
            counts.corrupt_lines.clear()
            raise FormatError(path, UNKNOWN)
        self._note_corrupt()
        self._check_dates(path, self._parser)
        for host in self._hosts.values():
            if host.changed:
                yield host.take()
        self._check_facts(path)

    def _derived(self) -> tuple[int, int]:
        """How many events have been derived, and of how many of them nothing could be read."""
        derivers = [host.deriver for host in self._hosts.values()]
        return sum(one.taken_in for one in derivers), sum(one.unread for one in derivers)

    def _check_facts(self, path: str) -> None:
        """Report a file whose events are records of no kind that gives facts: it may be of a version that is not known."""
        taken, unread = (now - before for now, before in zip(self._derived(), self._before, strict=True))
        if taken and taken == unread:
            self.done.problems.append(f"{path}: {counted(taken, 'event')}, and no fact in any of them. {_ADVICE}")
        self._before = self._derived()

    def _check_dates(self, path: str, parser: Parser) -> None:
        """Report dates that can be read in two ways, and one that contradicts the order of the others."""
        ambiguous, contradicting = parser.take_odd_dates()
        if ambiguous is not None:
            self.done.ambiguous[path] = ambiguous
        if parser.open_year is not None:
            self.done.open_years[path] = parser.open_year
        if contradicting is not None:
            self.done.problems.append(
                f"{path}: the date {contradicting} does not have the order of day and month of the dates before it: ingest the "
                "file into a new store with --dates day-first or --dates month-first, or write it anew with LC_TIME=C ausearch -i"
            )

    def _end_line(self, next: bytes) -> Iterator[Batch]:
        """End the last line of the previous file if it lacks a newline, and joined with the first line of this file it is not a
        record, but that first line alone is: a writer was killed there. Else both are one line, as after `split --bytes`."""
        cut = self._parser.pending().rpartition(b"\n")[2]
        line = next.partition(b"\n")[0]
        if cut and _is_record(line) and not _is_record(cut + line):
            yield from self._push(self._parser.feed(b"\n"))
            self._note_corrupt()
            self._added_newlines += 1

    def _push(self, events: list[Event]) -> Iterator[Batch]:
        base, hosts = self._base, self._hosts
        for event in events:
            name = event.node
            if name is None:
                name = event.node = self._name
            host = hosts.get(name) or self._host(name)
            if event.offset >= base:
                event.offset -= base
                source = self._path
            else:
                source = self._place(event)
            if host.source != source:
                if host.changed:
                    yield host.take()
                host.source = source
            if host.push(event):
                yield host.take()

    def _host(self, name: str) -> HostReader:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = HostReader(name, self._checkpoint_of(name), self._lines, self._parser.day_first)
            if self._unnamed and name == UNNAMED:
                self.done.unnamed = True
        return host

    def _place(self, event: Event) -> str:
        """The file in which an event begins. The offset of the event is changed to that in the file."""
        if event.offset >= self._base:
            event.offset -= self._base
            return self._path
        base, path = self._files[bisect_right(self._files, event.offset, key=itemgetter(0)) - 1]
        event.offset -= base
        return path

    def _note_corrupt(self, partial_line: bytes = b"", last: bool = False) -> None:
        """Note the corrupt lines of the file that is read, as soon as a host is known, or with the `last` call."""
        if self._hosts or last:
            self._note(self._path, self._parser.counts.corrupt_lines, partial_line)

    def _note(self, path: str, corrupt: list[CorruptLine], partial_line: bytes = b"") -> None:
        """Note corrupt lines, except the last line without a newline, which may be incomplete. A line is of the host that its
        prefix names, else of one that the file's records name."""
        for line in corrupt:
            if partial_line and line is corrupt[-1] and line.raw == partial_line:
                continue
            text = line.raw[:_PREFIX].decode("utf-8", "surrogateescape")
            named = hostname_of(text) if self._unnamed else self._name
            host = self._host(named or next(iter(self._hosts), self._name))
            host.source = host.source or path
            host.deriver.add_corrupt(path, line.line, line.raw)
            if line.line == 1 and host.begins_log and path == self._first_path():
                host.deriver.begin_cut()
            host.changed = True
        corrupt.clear()

    def _first_path(self) -> str:
        """The file with which the chain begins."""
        return self._files[0][1] if self._files else self._path

    def conclude(self) -> Iterator[Batch]:
        """The last batch of each host; nothing can be read afterwards."""
        partial_line = self._parser.pending().rpartition(b"\n")[2]
        if ends_a_frame(partial_line):
            partial_line = b""
        if partial_line:
            self.done.cut.append(self._path)
        unfinished: dict[str, list[Event]] = {}
        sources: dict[str, str] = {}
        for event in self._parser.close():
            name = event.node = event.node if event.node is not None else self._name
            sources[name] = self._place(event)
            unfinished.setdefault(name, []).append(event)
        for name in unfinished:
            self._host(name).source = sources[name]
        self._note_corrupt(partial_line, last=True)
        for name, host in sorted(self._hosts.items()):
            yield host.conclude(unfinished.get(name, ()), partial_line)
        waiting = sum(host.waiting for host in self._hosts.values())
        if self._path and (not waiting or waiting > _UNDER_WAY):
            self._check_facts(self._path)
        self._count()
        if self.done.records and not (self.done.events or self.done.known or self.done.older):
            self.done.problems.append(f"{self._path}: {counted(self.done.records, 'record')}, and no event. {_ADVICE}")

    def _count(self) -> None:
        counts, done = self._parser.counts, self.done
        done.lines, done.records, done.corrupt, done.bytes = (
            counts.lines,
            counts.records,
            counts.corrupt,
            counts.bytes - self._added_newlines,
        )
        done.late, done.incomplete = counts.late, counts.incomplete
        done.hosts = set(self._hosts)
        done.overridden_hostnames = set(self._parser.overridden_hostnames)
        done.events = sum(host.events for host in self._hosts.values())
        done.known = sum(host.known for host in self._hosts.values())
        done.older = sum(host.older for host in self._hosts.values())
        done.older_of = {name: host.older for name, host in self._hosts.items() if host.older}
        done.without_flows = {
            name: host.events for name, host in self._hosts.items() if host.begins_log and not host.gave_flows
        }
        done.unproved = {name: host.unproved for name, host in self._hosts.items() if host.unproved}
        sampled = {name: host.deriver.repeated.stamps for name, host in self._hosts.items()}
        done.sampled = {name: stamps for name, stamps in sampled.items() if stamps}


def _may_be_a_record(held: bytes) -> bool:
    """Whether what the parser holds back at the end of a file can be the beginning of a record, or of an object with one."""
    if b"\n" in held or b"type=" in held or b"audit" in held:
        return True
    return b"{" in held and not held.rstrip(b" \t\r,]").endswith(b"}")


def _is_record(line: bytes) -> bool:
    return read_header(line.decode("utf-8", "surrogateescape")) is not None


def size_of(path: str) -> int | None:
    """Bytes of a file on disk, None for standard input and what has no size."""
    if path == STDIN:
        return None
    try:
        return Path(path).stat().st_size if Path(path).is_file() else None
    except OSError:
        return None
