"""Making a trace for an operation, or finding it among those made last."""

from __future__ import annotations

from collections.abc import Hashable

from provenance.errors import NothingFound
from provenance.ingest.clock import at_ms
from provenance.investigation import investigate as investigation
from provenance.investigation.anchoring import Anchoring
from provenance.investigation.investigate import Unanchored
from provenance.service.graphql.base.scalars import Time
from provenance.service.graphql.base.work import Engine
from provenance.service.graphql.graph.selecting import BudgetInput, SelectionInput, anchors_of, budget_of
from provenance.service.tracing.recent import state_of
from provenance.service.tracing.request import Wanted
from provenance.service.tracing.watched import WatchedStore
from provenance.store.interface import Alert, Direction
from provenance.trace.arrivals import from_arrivals
from provenance.trace.budget import Budget
from provenance.trace.result import Trace
from provenance.trace.trace import merged, trace_from


def traced(
    engine: Engine,
    store: WatchedStore,
    direction: Direction,
    asked: SelectionInput,
    at: Time | None,
    budget: BudgetInput,
) -> Trace:
    """The trace that was asked for; `store` is the service's one as the operation reads it. Raises UsageError,
    NothingFound, Refused."""
    within = budget_of(budget, engine.limits)
    found, moment = anchors_of(store, asked, direction, at)
    start = merged(found, direction)
    key: Hashable = (direction, tuple(start.items()), moment, within, state_of(store.hosts()))
    kept = engine.kept.get(key)
    if kept is None:
        kept = _made(engine, store, Wanted(direction, start, moment, within))
        engine.kept.keep(key, kept)
    return kept


def of_alert(engine: Engine, store: WatchedStore, alert: Alert, received_ms: int) -> tuple[Trace, Trace | None]:
    """An alert's trace to the way in and the one forward from there. Raises NothingFound when it speaks of nothing that
    is in the store."""
    found = investigation.anchor(store, alert, received_ms)
    if isinstance(found, Unanchored):
        raise NothingFound(found.reason)
    settings = engine.service.settings
    budget = Budget(settings.trace_nodes, settings.trace_edges)
    key: Hashable = (alert.id, tuple(investigation.start_of(found).items()), budget, state_of(store.hosts()))
    kept = [engine.kept.get((key, direction)) for direction in Direction]
    if kept[0] is not None and (kept[1] is not None or not kept[0].entries):
        return kept[0], kept[1]
    pair = _pair(engine, store, found, budget)
    for direction, made in zip(Direction, pair, strict=True):
        if made is not None:
            engine.kept.keep((key, direction), made)
    return pair


def _pair(engine: Engine, store: WatchedStore, found: Anchoring, budget: Budget) -> tuple[Trace, Trace | None]:
    """What `investigation.traces` gives, made elsewhere where that can be."""
    if engine.service.elsewhere is None:
        return investigation.traces(store, found, budget)
    at = None if found.at_ms is None else at_ms(found.at_ms)
    back = _made(engine, store, Wanted(Direction.BACKWARD, investigation.start_of(found), at, budget))
    if not back.entries:
        return back, None
    start = from_arrivals(back.slice, back.entries)
    return back, _made(engine, store, Wanted(Direction.FORWARD, start, min(start.values()), budget))


def _made(engine: Engine, store: WatchedStore, wanted: Wanted) -> Trace:
    """A trace, made elsewhere where that can be."""
    elsewhere = engine.service.elsewhere
    made = None if elsewhere is None else elsewhere(wanted, store)
    if made is None:
        made = trace_from(store, wanted.direction, wanted.start, wanted.at, None, wanted.budget)
    return made
