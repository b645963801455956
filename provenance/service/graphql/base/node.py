"""Relay's `Node`: whatever can be asked for again by its id."""

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


def resolved(description: str) -> Callable[[_Resolver], _Resolver]:
    """A field that is worked out when it is asked for: `strawberry.field` with the type of what it decorates."""

    def make(resolver: _Resolver) -> _Resolver:
        return cast(_Resolver, strawberry.field(resolver, description=description))

    return make


def streamed(description: str) -> Callable[[_Resolver], _Resolver]:
    """A field of a subscription: `strawberry.subscription` with the type of what it decorates."""

    def make(resolver: _Resolver) -> _Resolver:
        return cast(_Resolver, strawberry.subscription(resolver, description=description))

    return make


@strawberry.interface(description="An object with an id by which it can be fetched again (Relay).")
class Node:
    """The ids are those that the command line prints and takes: they are the same in every store."""

    id: strawberry.ID = strawberry.field(description="The id, unique among all objects; the same in every store.")
