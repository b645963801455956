"""The graph of hosts derived anew from raw lines that a store kept, with the rules of today, into another store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple, TypeVar

from provenance.errors import StoreError, StoreUnreachable, UsageError
from provenance.ingest.facts import Batch, Note
from provenance.ingest.rules.losses import BEGINS_CUT
from provenance.intake.reading.garbage import rare_garbage_collection
from provenance.intake.reading.replay import Replay, left_by
from provenance.intake.run import join_hosts
from provenance.store.hosts import give, given_hosts
from provenance.store.interface import HostSummary, Store, Writer
from provenance.store.retention import DROPPED
from provenance.text.counts import counted
from provenance.transfer.chunks import Report, Step, notes_of
from provenance.transfer.copy import copy
from provenance.transfer.ordered_lines import OrderedLines

T = TypeVar("T")
_REPORTED = 4_096
_CORRUPT = "CORRUPT"
"""The type of notes about lines that are no records (`Deriver.add_corrupt`)."""
_KEPT = (DROPPED, BEGINS_CUT)
"""The reasons of blind intervals that raw lines do not show: dropped history, and a piece of a line before the first event."""


class Rebuilt(NamedTuple):
    """A host whose graph was derived anew: how many events it is of, and how many more at the end are not finished."""

    host: str
    events: int
    unfinished: int


def pruned(source: Store, hosts: Collection[str]) -> list[str]:
    """The hosts of which old history was dropped: their raw lines tell less than the graph does."""
    return sorted({blind.host for blind in source.blinds() if blind.why == DROPPED and blind.host in hosts})


def chosen(source: Store, names: Collection[str]) -> list[HostSummary]:
    """The hosts with these names, all of the store without any. Raises UsageError for a name that is none of them."""
    known = {summary.host: summary for summary in source.hosts()}
    for name in names:
        if name not in known:
            raise UsageError(f"the store holds no host {name}")
    return [known[name] for name in sorted(names or known)]


def rebuild(
    source: Store,
    target: Store,
    hosts: Sequence[HostSummary],
    report: Report = lambda _: None,
    documents: bool = True,
) -> list[Rebuilt]:
    """Fill an empty store: derive these hosts from their raw lines, and copy the others and, with `documents`, alerts and what
    else the service keeps.

    Blind intervals that tell of dropped history are kept. Raises StoreError when the source does not hold the lines of every
    event of a host, when some cannot be read any more, or when the target holds something; nothing is written into the
    source.
    """
    names = [summary.host for summary in hosts]
    if _holds_any(target):
        raise StoreError("the store to rebuild into is not empty")
    copy(source, target, report, without=names, documents=documents)
    if not documents:
        give(target.documents(), given_hosts(source.documents()))
    with target.writer() as writer, rare_garbage_collection():
        rebuilt = [_derive(source, writer, summary, report) for summary in hosts]
        join_hosts(target, writer)
    return rebuilt


def _derive(source: Store, writer: Writer, summary: HostSummary, report: Report) -> Rebuilt:
    host = summary.host
    with closing(_lines_of(source, summary, report)) as lines:
        unfinished = len(lines) - summary.tallies.get("events", 0)
        known = unfinished if unfinished >= 0 else None
        replay = Replay(host, left_by(source.checkpoint(host)), known, _corrupt(source, summary))
        for batch in replay.batches(_counted(lines, f"events of {host}", len(lines), report)):
            writer.apply(batch)
            del batch  # else it stays in memory until the next one is complete
        if replay.unreadable:
            raise StoreError(f"no event could be read from {counted(replay.unreadable, 'raw line')} of {host}")
    writer.apply(Batch(host, blinds=[blind for blind in source.blinds(host) if blind.why in _KEPT]))
    return Rebuilt(host, replay.events, max(unfinished, 0))


def _lines_of(source: Store, summary: HostSummary, report: Report) -> OrderedLines:
    events = summary.tallies.get("events", 0)
    lines = OrderedLines(_counted(source.lines(summary.host), f"raw lines of {summary.host}", None, report))
    if len(lines) < events and not (len(lines) and pruned(source, [summary.host])):
        found = len(lines)
        lines.close()
        raise StoreError(
            f"the store holds the raw lines of {found:,} of {counted(events, 'event')} of {summary.host}, which were ingested"
            " without them (`--lines none`) or dropped with old history: ingest its logs into a new store"
        )
    return lines


def _counted(items: Iterable[T], what: str, total: int | None, report: Report) -> Iterator[T]:
    """The items; every few thousand of them are reported."""
    for done, item in enumerate(items):
        if done % _REPORTED == 0:
            report(Step(what, done, total))
        yield item


def _corrupt(source: Store, summary: HostSummary) -> list[Note]:
    return [note for note in notes_of(source, summary) if note.type == _CORRUPT]


def _holds_any(store: Store) -> bool:
    try:
        return bool(store.hosts() or store.documents().kinds())
    except StoreUnreachable:
        return False
