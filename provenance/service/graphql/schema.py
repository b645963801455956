"""The schema, and its published text."""

from __future__ import annotations

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from graphql import GraphQLError
from provenance.service.graphql.base.scalars import SCALARS
from provenance.service.graphql.graph.entities import Endpoint, File, Pipe, Session
from provenance.service.graphql.graph.processes import Process
from provenance.service.graphql.guard.operations import OperationGuard
from provenance.service.graphql.mutation import Mutation
from provenance.service.graphql.query import Query
from provenance.service.graphql.subscription import Subscription


class Schema(strawberry.Schema):
    """The schema. `OperationGuard` logs and masks errors; Strawberry itself would log them with their text."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Does nothing: see `guard.operations`."""


@cache
def make_schema() -> Schema:
    """The schema, with the guard around its operations."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Process, File, Endpoint, Pipe, Session],
        extensions=[OperationGuard],
        config=StrawberryConfig(scalar_map=dict(SCALARS), sort_schema=False),
    )


def schema_text() -> str:
    """The schema in GraphQL's schema language: the text of `schema.graphql`."""
    return make_schema().as_str() + "\n"
