"""An interval of a histogram, of a trace or of the whole store."""

from __future__ import annotations

import strawberry

from provenance.service.graphql.base.scalars import BigInt, Time

MOST_BUCKETS = 500
"""Intervals of one histogram."""


@strawberry.type(description="The number of events in an interval of time.")
class Bucket:
    """A bar of a histogram."""

    first: Time = strawberry.field(description="The beginning.")
    last: Time = strawberry.field(description="The end of the interval, not included.")
    count: BigInt = strawberry.field(description="The number.")
