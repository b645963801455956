"""Entities and flows that somebody pinned with a comment."""

from __future__ import annotations

import strawberry

from provenance.service.graphql.base.node import Info, Node, resolved
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.lookup import lookup
from provenance.store.documents import Document


@strawberry.type(description="An entity or flow that somebody pinned.")
class Pin:
    """A pin."""

    pinned_id: strawberry.ID = strawberry.field(description="Id of what is pinned.")
    comment: Text = strawberry.field(description="Why.")
    by: Text = strawberry.field(description="Whose token pinned it.")
    time: Time = strawberry.field(description="When.")

    @resolved("What is pinned; null when it is no longer in the store.")
    async def pinned(self, info: Info) -> Node | None:
        """The entity or flow."""
        return await lookup(info.context, self.pinned_id)


def pin_of(document: Document) -> Pin:
    """A pin as GraphQL shows it."""
    body = document.body
    return Pin(
        pinned_id=strawberry.ID(document.key),
        comment=Text(body["comment"]),
        by=Text(body["by"]),
        time=Time(int(body["time"])),
    )
