"""Making a trace for an operation, or finding it among those made last."""

from __future__ import annotations

from collections.abc import Hashable

from provenance.errors import NothingFound
from provenance.service import investigation
from provenance.service.graphql.scalars import Time
from provenance.service.graphql.selecting import BudgetInput, SelectionInput, anchors_of, budget_of
from provenance.service.graphql.traces_kept import state_of
from provenance.service.graphql.work import Engine
from provenance.service.investigation import Unanchored
from provenance.store.interface import Alert, Direction, Store
from provenance.trace.budget import Budget
from provenance.trace.result import Trace
from provenance.trace.trace import merged, trace


def traced(
    engine: Engine, store: Store, direction: Direction, asked: SelectionInput, at: Time | None, budget: BudgetInput
) -> Trace:
    """The trace that was asked for; `store` is the service's one as the operation reads it. Raises UsageError,
    NothingFound, Refused."""
    within = budget_of(budget, engine.limits)
    found, moment = anchors_of(store, asked, direction, at)
    start = merged(found, direction)
    key: Hashable = (direction, tuple(start.items()), moment, within, state_of(store.hosts()))
    kept = engine.kept.get(key)
    if kept is None:
        kept = trace(store, direction, found, moment, None, within)
        engine.kept.keep(key, kept)
    return kept


def of_alert(engine: Engine, store: Store, alert: Alert, received_ms: int) -> tuple[Trace, Trace | None]:
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
    pair = investigation.traces(store, found, budget)
    for direction, made in zip(Direction, pair, strict=True):
        if made is not None:
            engine.kept.keep((key, direction), made)
    return pair
