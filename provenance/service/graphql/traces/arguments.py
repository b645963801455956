"""The arguments of the fields that trace, and the trace that they request."""

from __future__ import annotations

from typing import Annotated

import strawberry

from provenance.service.graphql.base.scalars import Time
from provenance.service.graphql.base.work import Engine
from provenance.service.graphql.graph.selecting import BudgetInput, SelectionInput, budget_of
from provenance.service.tracing.request import request_of
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import Direction
from provenance.trace.result import Trace

At = Annotated[
    Time | None,
    strawberry.argument(
        description="With an entity: trace only what happened up to this time (backward) "
        "or from this time on (forward). With a flow: start from the match "
        "nearest to this time."
    ),
]
Towards = Annotated[Direction, strawberry.argument(description="Backward to the causes, or forward to the effects.")]
Start = Annotated[SelectionInput, strawberry.argument(description="What the trace starts from.")]
Within = Annotated[
    BudgetInput | None, strawberry.argument(description="The limits of the trace; null for the default of each.")
]


def requested_trace(
    engine: Engine,
    store: WatchedStore,
    direction: Direction,
    start: SelectionInput,
    at: Time | None,
    budget: BudgetInput | None,
) -> Trace:
    """The trace for these arguments; `store` is the operation's view of the service's store. Raises Ambiguous, UsageError,
    NothingFound, Stopped, OutOfTime, StoreError."""
    requested = budget or BudgetInput()
    limits = budget_of(requested, engine.limits)
    request = request_of(store, direction, start.selection(), at, limits, requested.steps)
    return engine.service.tracer.trace(store, request)
