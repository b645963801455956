"""The arguments of every field that traces."""

from __future__ import annotations

from typing import Annotated

import strawberry

from provenance.service.graphql.base.scalars import Time
from provenance.service.graphql.graph.selecting import BudgetInput, SelectionInput
from provenance.store.interface import Direction

At = Annotated[
    Time | None,
    strawberry.argument(description="With a flow: the match nearest to it. With an entity: the bound of the trace."),
]
Towards = Annotated[Direction, strawberry.argument(description="To the causes, or to the effects.")]
Start = Annotated[SelectionInput, strawberry.argument(description="What it starts from.")]
Within = Annotated[
    BudgetInput | None, strawberry.argument(description="How far it may go; null for the default of each limit.")
]
