"""The trace that an operation asks for."""

from __future__ import annotations

from provenance.service.alerts.selecting import request_of
from provenance.service.graphql.base.scalars import Time
from provenance.service.graphql.base.work import Engine
from provenance.service.graphql.graph.selecting import BudgetInput, SelectionInput, budget_of
from provenance.service.tracing.watched import WatchedStore
from provenance.store.interface import Direction
from provenance.trace.result import Trace


def traced(
    engine: Engine,
    store: WatchedStore,
    direction: Direction,
    start: SelectionInput,
    at: Time | None,
    budget: BudgetInput | None,
) -> Trace:
    """The trace of the arguments of a field; `store` is the service's one as the operation reads it. Raises Ambiguous,
    UsageError, NothingFound, Stopped, OutOfTime, StoreError."""
    within = budget_of(budget or BudgetInput(), engine.limits)
    return engine.service.tracer.trace(store, request_of(store, direction, start.selection(), at, within))
