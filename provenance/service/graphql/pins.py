"""Entities and flows that somebody pinned with a comment."""

from __future__ import annotations

import strawberry

from provenance.retention.pins import PinRecord
from provenance.service.graphql.base.node import Info, Node, resolved
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.lookup import lookup
from provenance.store.documents import Document


@strawberry.type(description="An entity or flow that an analyst pinned.")
class Pin:
    """A pin."""

    pinned_id: strawberry.ID = strawberry.field(description="Id of the pinned entity or flow.")
    comment: Text = strawberry.field(description="The reason.")
    by: Text = strawberry.field(description="The name of the token that was used.")
    time: Time = strawberry.field(description="The time.")

    @resolved("The pinned entity or flow; null when it is no longer in the store.")
    async def pinned(self, info: Info) -> Node | None:
        """The entity or flow."""
        return await lookup(info.context, self.pinned_id)


def pin_of(document: Document) -> Pin:
    """A pin as GraphQL shows it."""
    record = PinRecord.of(document)
    return Pin(
        pinned_id=strawberry.ID(document.key),
        comment=Text(record.comment),
        by=Text(record.by),
        time=Time(record.time),
    )
