"""`prune`: old history out of a store, without taking apart what an alert or a pinned entity is explained by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from provenance.errors import NothingFound, UsageError
from provenance.ingest.checkpoint import CheckpointError
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Blind
from provenance.ingest.forgetting import settle
from provenance.ingest.identity import IdentityError, parse_id
from provenance.investigation.candidates import selection_of
from provenance.retention.slices import slices
from provenance.store.documents import Documents, Place
from provenance.store.interface import Alert, Cut, Dropped, EventKey, HostSummary, Selector, Store, Writer
from provenance.store.retention import DROPPED, counted, old_connections
from provenance.trace.anchor import Selection

PIN = "pin"
"""The kind of the documents in which the service keeps what somebody pinned; their keys are the ids."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went. `kept` says how many alerts and pinned entities keep their slices; `unexplained` are the ids of alerts
    that nothing in the store answers."""

    dropped: Dropped
    kept: int
    unexplained: tuple[str, ...]


@dataclass(slots=True)
class _Kept:
    """What alerts and pins need."""

    nodes: set[int] = field(default_factory=set)
    events: set[EventKey] = field(default_factory=set)
    amount: int = 0
    unexplained: list[str] = field(default_factory=list)


def prune(
    store: Store,
    before_ms: int,
    pins: Sequence[int] = (),
    alerts: Sequence[Alert] = (),
    forgotten: Collection[str] = (),
    dry_run: bool = False,
    wait_s: float = 0.0,
) -> Pruned:
    """Drop what is older than `before_ms` (ms since the epoch, by each host's own clock), but not the slices of alerts
    (those saved in the store and `alerts`) and of pinned entities (`pins` and those pinned in the service). Alerts that are
    `forgotten`, by their ids, keep nothing and are saved no longer.

    With `dry_run` nothing changes and the counts are the same. Killed, it is simply run again. Raises NothingFound for a
    pin that is not in the store, StoreError.
    """
    before = at_ms(before_ms)
    if dry_run:
        kept = _kept(store, pins, alerts, forgotten)
        cut, _ = _cut(store, before, kept)
        dropped = counted(store, cut)
    else:
        with store.writer(wait_s) as writer:
            kept = _kept(store, pins, alerts, forgotten)
            cut, settled = _cut(store, before, kept)
            for summary in store.hosts():
                _say(writer, summary, before, settled.get(summary.host))
            dropped = writer.prune(cut)
            writer.drop_alerts(forgotten)
    return Pruned(dropped, kept.amount, tuple(kept.unexplained))


def _kept(store: Store, pins: Iterable[int], alerts: Iterable[Alert], forgotten: Collection[str]) -> _Kept:
    kept = _Kept()
    known = {alert.id: alert for alert in (*alerts, *store.alerts())}
    for id in sorted(known.keys() - set(forgotten)):
        try:
            _keep(store, selection_of(known[id]), kept)
        except (NothingFound, UsageError):
            kept.unexplained.append(id)
    for pin in pins:
        _keep(store, Selection(Selector(), id=pin), kept)
    for pin in store.nodes(set(_pinned(store.documents()))):
        _keep(store, Selection(Selector(), id=pin), kept)
    return kept


def _pinned(documents: Documents) -> Iterator[int]:
    """The entities that are pinned in the service, and the ends of the flows that are."""
    after: Place | None = None
    while page := documents.page(PIN, after=after):
        for document in page:
            for text in document.key.split("-"):
                with suppress(IdentityError):
                    yield parse_id(text)[1]
        after = Place(page[-1].rank, page[-1].key)


def _keep(store: Store, selection: Selection, kept: _Kept) -> None:
    for slice_ in slices(store, selection):
        kept.nodes.update(slice_.nodes)
        kept.events.update(event for edge in slice_.edges for event in edge.evidence)
    kept.amount += 1


def _cut(store: Store, before: int, kept: _Kept) -> tuple[Cut, dict[str, bytes]]:
    """The cut, and what each host's checkpoint becomes. Nothing goes on from a checkpoint that cannot be read, so it needs
    nothing."""
    pinned = frozenset(kept.nodes)
    ends = list(store.connections())
    going = old_connections(ends, before, pinned)
    needed = {id for end in set(ends).difference(going) for id in (end.process, end.endpoint)}
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
    return Cut(before, pinned, frozenset(needed), frozenset(kept.events), going), settled


def _say(writer: Writer, summary: HostSummary, before: int, checkpoint: bytes | None) -> None:
    """Say what will be missing before it is: who is killed in between has said too much, never too little."""
    batch = Batch(summary.host, checkpoint=checkpoint)
    if 0 < summary.first < before:
        batch.blinds.append(Blind(summary.host, summary.first, before, DROPPED))
    writer.apply(batch)
