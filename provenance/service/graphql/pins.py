"""Pins: entities and flows that analysts marked, each with a comment."""

from __future__ import annotations

import strawberry

from provenance.retention.pins import PinRecord
from provenance.service.graphql.base.node import Info, Node, field
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.lookup import lookup
from provenance.store.documents import Document


@strawberry.type(description="An entity or flow that an analyst pinned.")
class Pin:
    """A pin in the schema."""

    pinned_id: strawberry.ID = strawberry.field(description="Id of the pinned entity or flow.")
    comment: Text = strawberry.field(description="The reason.")
    by: Text = strawberry.field(description="The name of the token that was used.")
    time: Time = strawberry.field(description="The time.")

    @field("The pinned entity or flow; null when it is no longer in the store.")
    async def pinned(self, info: Info) -> Node | None:
        """The entity or flow."""
        return await lookup(info.context, self.pinned_id)


def pin_of(document: Document) -> Pin:
    """The pin that a document holds."""
    record = PinRecord.of(document)
    return Pin(
        pinned_id=strawberry.ID(document.key),
        comment=Text(record.comment),
        by=Text(record.by),
        time=Time(record.time),
    )
