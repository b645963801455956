"""Making a trace for an operation, or finding it among those made last."""

from __future__ import annotations

from collections.abc import Hashable

from provenance.service.graphql.scalars import Time
from provenance.service.graphql.selecting import BudgetInput, SelectionInput, anchors_of, budget_of
from provenance.service.graphql.traces_kept import state_of
from provenance.service.graphql.work import Engine
from provenance.store.interface import Direction, Store
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
