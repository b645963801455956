"""A chain: files read one after another as one log, and the derivers of the hosts that appear in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ingest import checkpoint
from ingest.deriver import Deriver
from ingest.facts import Batch, Flow
from ingest.pyauparse import CompressionError, Event, Parser
from ingest.pyauparse.compression import pieces
from ingest.pyauparse.sources import STDIN, check, open_source
from provenance.errors import InputError
from provenance.pipeline.progress import Ingested, Progress, Report

UNNAMED = "unnamed"
"""The host of lines that name none, when the caller named none either."""
_BATCH_EVENTS = 20_000
_STATE_BYTES_AN_EVENT = 32
"""A large state is saved less often: after one more event for each of this many bytes of it."""
_MOST_EVENTS = 100_000
_BATCH_BYTES = 64 << 20

Checkpoint = Callable[[str], bytes | None]
"""Gives the state that a host's last batch left."""


class Chain:
    """Reads files and gives batches. `name` is the host of lines without `node=`."""

    def __init__(self, name: str | None, checkpoint_of: Checkpoint, lines: bool, report: Report) -> None:
        self.done = Ingested()
        self._unnamed = name is None
        self._name = name or UNNAMED
        self._parser = Parser(self._name)
        self._checkpoint_of = checkpoint_of
        self._lines = lines
        self._report = report
        self._hosts: dict[str, _Host] = {}
        self._base = 0
        self._path = ""

    def read(self, path: str, total: int | None, before: int) -> Iterator[Batch]:
        """The batches of one file. `total` and `before` are bytes of the whole ingest, for the reports.

        Raises AuditInputError when nothing of the file can be read; a file that breaks off is told in `done.problems`.
        """
        self._path = path
        stream = open_source(path)
        self._base = self._parser.counts.bytes
        events_before = 0
        try:
            first = True
            for piece in pieces(stream, path):
                if first:
                    check(piece, path)
                    first = False
                yield from self._push(self._parser.feed(piece))
                self._corrupt()
                done = stream.tell() if path != STDIN else self._parser.counts.bytes
                events_before = sum(host.events for host in self._hosts.values())
                self._report(Progress(path, before + done, total, events_before))
            if first:
                check(b"", path)
        except CompressionError as error:
            if self._parser.counts.bytes == self._base:
                raise
            self.done.problems.append(f"{error}; what came before was kept")
        finally:
            if path != STDIN:
                stream.close()
        yield from self._push(self._parser.drain())
        self._corrupt()
        if self._parser.counts.records == 0 and self._parser.counts.lines > 0:
            raise InputError(f"{path}: no audit records in it, in any format known")
        for host in self._hosts.values():
            if host.changed:
                yield self._batch(host)

    def _push(self, events: list[Event]) -> Iterator[Batch]:
        for event in events:
            name = event.node if event.node is not None else self._name
            host = self._hosts.get(name)
            if host is None:
                host = self._hosts[name] = self._open(name)
            event.offset -= self._base
            host.push(event)
            if host.is_full:
                yield self._batch(host)

    def _open(self, name: str) -> _Host:
        saved = self._checkpoint_of(name)
        host = _Host(name, saved, self._lines)
        if self._unnamed and name == UNNAMED:
            self.done.unnamed = True
        if host.held:
            self._parser.hold(host.held)
        return host

    def _corrupt(self) -> None:
        kept = self._parser.counts.kept
        if kept:
            name = next(iter(self._hosts), self._name)
            host = self._hosts.get(name)
            if host is None:
                host = self._hosts[name] = self._open(name)
            for line in kept:
                host.deriver.corrupt(self._path, line.line, line.raw)
            host.changed = True
            kept.clear()

    def _batch(self, host: _Host, held: bytes = b"") -> Batch:
        batch = host.take(held)
        batch.source = self._path
        return batch

    def conclude(self) -> Iterator[Batch]:
        """The last batches: what is still open or unfinished, as provisional facts; nothing can be read afterwards."""
        tail = self._parser.pending().rpartition(b"\n")[2]
        unfinished: dict[str, list[Event]] = {}
        for event in self._parser.close():
            event.offset -= self._base
            unfinished.setdefault(event.node or self._name, []).append(event)
        self._corrupt()
        for name in unfinished:
            if name not in self._hosts:
                self._hosts[name] = self._open(name)
        for name, host in sorted(self._hosts.items()):
            rest = unfinished.get(name, [])
            held = b"".join(
                line + b"\n" for event in rest for line in event.raw.split(b"\n") if line != tail or not tail
            )
            yield self._batch(host, held)
            provisional = host.conclude(rest)
            provisional.source = self._path
            yield provisional
        counts = self._parser.counts
        done = self.done
        done.lines, done.records, done.corrupt, done.bytes = counts.lines, counts.records, counts.corrupt, counts.bytes
        done.late, done.incomplete = counts.late, counts.incomplete
        done.hosts = set(self._hosts)
        done.events = sum(host.events for host in self._hosts.values())
        done.known = sum(host.known for host in self._hosts.values())
        done.older = sum(host.older for host in self._hosts.values())


class _Host:
    """A deriver, and how much it has taken in since its last batch."""

    def __init__(self, name: str, saved: bytes | None, lines: bool) -> None:
        self.events = self.known = self.older = 0
        self.changed = False
        self.held = b""
        self._begins = True
        self._size = self._count = 0
        self._enough = _BATCH_EVENTS
        if saved is None:
            self.deriver = Deriver(name, lines)
            return
        try:
            self.deriver, self.held = checkpoint.load(saved, lines)
        except checkpoint.CheckpointError as error:
            raise InputError(f"{name}: {error}") from error

    def push(self, event: Event) -> None:
        self.deriver.push(event)
        self._count += 1
        self._size += len(event.raw)
        self.changed = True

    @property
    def is_full(self) -> bool:
        return self._count >= self._enough or self._size >= _BATCH_BYTES

    def take(self, held: bytes) -> Batch:
        batch = self.deriver.take()
        self.known += batch.tallies.pop("known", 0)
        self.older += batch.tallies.pop("older", 0)
        self.events += batch.tallies.get("events", 0)
        batch.checkpoint = checkpoint.save(self.deriver, held)
        self._enough = min(max(_BATCH_EVENTS, len(batch.checkpoint) // _STATE_BYTES_AN_EVENT), _MOST_EVENTS)
        batch.begins, self._begins = self._begins, False
        self.changed = False
        self._size = self._count = 0
        return batch

    def conclude(self, unfinished: list[Event]) -> Batch:
        """Provisional facts: of events that lack records, then of what is open. The next run derives them anew."""
        for event in unfinished:
            self.deriver.push(event)
        extra = self.deriver.take()
        batch = self.deriver.conclude()
        batch.flows = [_provisional(flow) for flow in extra.flows] + batch.flows
        for name in ("entities", "names", "connections", "notes", "blinds", "lines"):
            setattr(batch, name, getattr(extra, name) + getattr(batch, name))
        batch.tallies = {}
        return batch


def _provisional(flow: Flow) -> Flow:
    return flow._replace(open=True)


def size_of(path: str) -> int | None:
    """Bytes of a file on disk, None for standard input and what has no size."""
    if path == STDIN:
        return None
    try:
        return Path(path).stat().st_size if Path(path).is_file() else None
    except OSError:
        return None
