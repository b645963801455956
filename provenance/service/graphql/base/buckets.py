"""The intervals of histograms."""

from __future__ import annotations

import strawberry

from provenance.service.graphql.base.scalars import BigInt, Time

MOST_BUCKETS = 500
"""The most intervals of one histogram."""


@strawberry.type(description="The number of events in an interval of time.")
class Bucket:
    """An interval of a histogram."""

    first: Time = strawberry.field(description="The beginning.")
    last: Time = strawberry.field(description="The end of the interval, not included.")
    count: BigInt = strawberry.field(description="The number.")
