"""Chunks: reads a whole store in chunks of bounded size, for copies and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple, TypeVar

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Batch, Flow, Note
from provenance.store.interface import HostSummary, Store

T = TypeVar("T")
_EVENTS_AT_ONCE = 100_000
"""Notes are read for stretches of time with about this many events."""
_BATCH_BYTES = 16 << 20
"""Bytes of raw lines in a batch."""


class Step(NamedTuple):
    """The progress of a task: what is being done, how many items are done and, where known, of how many."""

    what: str
    done: int
    total: int | None = None


Report = Callable[[Step], None]


def in_chunks(items: Iterable[T], size: int, report: Report, what: str, total: int | None = None) -> Iterator[list[T]]:
    """Lists of at most `size` items. `report` is called after the caller has used each list."""
    remaining = iter(items)
    done = 0
    report(Step(what, done, total))
    while chunk := list(islice(remaining, size)):
        yield chunk
        done += len(chunk)
        report(Step(what, done, total))


def notes_of(source: Store, host: HostSummary) -> Iterator[Note]:
    """The notes of a host, read in stretches of time that hold about as many events each."""
    parts = 1 + host.tallies.get("events", 0) // _EVENTS_AT_ONCE
    ends = [host.first + (host.last - host.first) * part // parts for part in range(1, parts)]
    begin = FIRST
    for end in sorted({end for end in ends if FIRST <= end < LAST}):
        yield from source.notes(host.host, begin, end)
        begin = end + 1
    yield from source.notes(host.host, begin, LAST)


def lines_of(source: Store, host: str) -> Iterator[Batch]:
    """The raw lines of a host as batches, each of one source. Raises StoreError as `Store.lines` does."""
    for path, lines in groupby(source.lines(host), key=itemgetter(0)):
        batch, size = Batch(host, source=path), 0
        for _, line in lines:
            batch.lines.append(line)
            size += len(line.raw)
            if size >= _BATCH_BYTES:
                yield batch
                batch, size = Batch(host, source=path), 0
        if batch.lines:
            yield batch


def ends_of(flows: Iterable[Flow]) -> set[int]:
    """The entities at both ends of flows."""
    return {end for flow in flows for end in (flow.source, flow.target)}
