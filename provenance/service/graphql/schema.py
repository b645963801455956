"""The schema, and its text as it is published."""

from __future__ import annotations

from functools import cache

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from graphql import GraphQLError
from provenance.service.graphql.base.scalars import SCALARS
from provenance.service.graphql.graph.entities import Endpoint, File, Pipe, Process, Session
from provenance.service.graphql.guard.operations import Around
from provenance.service.graphql.mutation import Mutation
from provenance.service.graphql.query import Query
from provenance.service.graphql.subscription import Subscription


class Schema(strawberry.Schema):
    """Errors are told, and those that are ours logged, by what is around operations; not logged here, with their text."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: see `operations`."""


@cache
def make_schema() -> Schema:
    """The schema with everything that happens around its operations."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Process, File, Endpoint, Pipe, Session],
        extensions=[Around],
        config=StrawberryConfig(scalar_map=dict(SCALARS), sort_schema=False),
    )


def published() -> str:
    """The schema in GraphQL's own language, as `schema.graphql` holds it."""
    return make_schema().as_str() + "\n"
