"""Pruning: drops old history from a store, except the traces that explain an alert or a pinned entity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from provenance.alerts.record import AlertRecord, every
from provenance.errors import NothingFound, UsageError
from provenance.ingest.checkpoint import CheckpointError
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Blind
from provenance.ingest.forgetting import settle
from provenance.investigation.candidates import selection_of
from provenance.retention.pins import pinned_entities
from provenance.retention.slices import slices
from provenance.store.interface import Cut, DropCounts, EventKey, HostSummary, Selector, Store, Writer
from provenance.store.retention import DROPPED, count_dropped, old_connections
from provenance.trace.slice.anchor import Selection


@dataclass(frozen=True, slots=True)
class PruneResult:
    """The result of a prune. `dropped` counts what was dropped, `protected_slices` the alerts and pinned entities whose slices
    stay; `unexplained` are the ids of alerts that nothing in the store matches."""

    dropped: DropCounts
    protected_slices: int
    unexplained: tuple[str, ...]


@dataclass(slots=True)
class _Protected:
    """The nodes and events that alerts and pins need, which are not dropped."""

    nodes: set[int] = field(default_factory=set)
    events: set[EventKey] = field(default_factory=set)
    amount: int = 0
    unexplained: list[str] = field(default_factory=list)


def prune(
    store: Store,
    before_ms: int,
    pins: Sequence[int] = (),
    forgotten: Collection[str] = (),
    dry_run: bool = False,
    wait_s: float = 0.0,
) -> PruneResult:
    """Drops what is older than `before_ms` (ms since the epoch, by each host's own clock), but not the slices of the
    store's alerts and of pinned entities (`pins`, and those pinned in the service). Alerts with an id in `forgotten` protect
    nothing.

    With `dry_run` nothing changes, and the counts are the same. An interrupted prune can be run again. Raises NothingFound for
    a pin that is not in the store, StoreError.
    """
    before = at_ms(before_ms)
    if dry_run:
        protected = _protected(store, pins, forgotten)
        cut, _ = _cut(store, before, protected)
        dropped = count_dropped(store, cut)
    else:
        with store.writer(wait_s) as writer:
            protected = _protected(store, pins, forgotten)
            cut, settled = _cut(store, before, protected)
            for summary in store.hosts():
                _record_gap(writer, summary, before, settled.get(summary.host))
            dropped = writer.prune(cut)
    return PruneResult(dropped, protected.amount, tuple(protected.unexplained))


def _protected(store: Store, pins: Iterable[int], forgotten: Collection[str]) -> _Protected:
    protected = _Protected()
    known = {document.key: AlertRecord.of(document).alert for document in every(store.documents())}
    for id in sorted(known.keys() - set(forgotten)):
        try:
            _protect(store, selection_of(known[id]), protected)
        except (NothingFound, UsageError):
            protected.unexplained.append(id)
    for pin in pins:
        _protect(store, Selection(Selector(), id=pin), protected)
    for pin in store.nodes(set(pinned_entities(store.documents()))):
        _protect(store, Selection(Selector(), id=pin), protected)
    return protected


def _protect(store: Store, selection: Selection, protected: _Protected) -> None:
    for slice_ in slices(store, selection):
        protected.nodes.update(slice_.nodes)
        protected.events.update(event for edge in slice_.edges for event in edge.evidence)
    protected.amount += 1


def _cut(store: Store, before: int, protected: _Protected) -> tuple[Cut, dict[str, bytes]]:
    """The cut for the store, and the new checkpoint of each host. An unreadable checkpoint is left out: no ingest can continue
    from it, so it needs no entities."""
    pinned = frozenset(protected.nodes)
    ends = list(store.connections())
    dropped = old_connections(ends, before, pinned)
    needed = {id for end in set(ends).difference(dropped) for id in (end.process, end.endpoint)}
    settled: dict[str, bytes] = {}
    for summary in store.hosts():
        saved = store.checkpoint(summary.host)
        if saved is None:
            continue
        try:
            settled[summary.host], more = settle(saved, before)
        except CheckpointError:
            continue
        needed |= more
    return Cut(before, pinned, frozenset(needed), frozenset(protected.events), dropped), settled


def _record_gap(writer: Writer, summary: HostSummary, before: int, checkpoint: bytes | None) -> None:
    """Writes the blind interval of what will be dropped, before it is dropped: a prune that is killed in between leaves too
    long a blind interval rather than none."""
    batch = Batch(summary.host, checkpoint=checkpoint)
    if 0 < summary.first < before:
        batch.blinds.append(Blind(summary.host, summary.first, before, DROPPED))
    writer.apply(batch)
