"""Relay's `Node`, an object that can be requested by its id, and the decorators of fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar, cast

import strawberry

from provenance.service.graphql.base.work import Work

Info = strawberry.Info[Work, None]
AnyId = Annotated[strawberry.ID, strawberry.argument(description="The id of an entity or flow.")]
EntityId = Annotated[strawberry.ID, strawberry.argument(description="The id of an entity.")]
AlertId = Annotated[strawberry.ID, strawberry.argument(description="The id of an alert.")]
IncidentId = Annotated[strawberry.ID, strawberry.argument(description="The id of an incident.")]
_Resolver = TypeVar("_Resolver", bound=Callable[..., object])


def field(description: str) -> Callable[[_Resolver], _Resolver]:
    """The decorator of a resolver: `strawberry.field`, typed so that the decorated function keeps its type."""

    def decorate(resolver: _Resolver) -> _Resolver:
        return cast(_Resolver, strawberry.field(resolver, description=description))

    return decorate


def subscription(description: str) -> Callable[[_Resolver], _Resolver]:
    """The decorator of a subscription: `strawberry.subscription`, typed so that the decorated function keeps its type."""

    def decorate(resolver: _Resolver) -> _Resolver:
        return cast(_Resolver, strawberry.subscription(resolver, description=description))

    return decorate


@strawberry.interface(description="An object with an id by which it can be fetched again (Relay).")
class Node:
    """An object with an id. The ids of the graph are those of the command line, the same in every store."""

    id: strawberry.ID = strawberry.field(description="The id, unique among all objects; the same in every store.")
