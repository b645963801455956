"""Statistics of the store: counts by kind, and histograms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import strawberry

from provenance.errors import UsageError
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.service.graphql.base.buckets import MOST_BUCKETS, Bucket
from provenance.service.graphql.base.minutes import MINUTE_MS
from provenance.service.graphql.base.scalars import BigInt, Time
from provenance.service.graphql.graph.hosts import Blind, blind_of
from provenance.store.interface import Statistics as StoreStatistics

BucketMinutes = Annotated[int, strawberry.argument(description="The length of an interval in minutes, 1 or more.")]


@strawberry.type(description="The number of entities of a kind.")
class EntityCount:
    """The number of entities of a kind."""

    kind: EntityKind = strawberry.field(description="The kind.")
    count: BigInt = strawberry.field(description="The number.")


@strawberry.type(description="The number of runs of flows of a kind.")
class FlowCount:
    """The number of runs of flows of a kind."""

    kind: FlowKind = strawberry.field(description="The kind.")
    count: BigInt = strawberry.field(description="The number.")


@strawberry.type(description="Counts of the whole store.")
class Statistics:
    """The counts of a store."""

    entities: list[EntityCount] = strawberry.field(description="Entities by kind.")
    flows: list[FlowCount] = strawberry.field(description="Runs of flows by kind.")
    blind: list[Blind] = strawberry.field(description="Every blind interval, in order of host and time.")
    bytes: BigInt | None = strawberry.field(description="Size of the store in bytes; null when unknown.")


def statistics_of(statistics: StoreStatistics) -> Statistics:
    """The statistics of the schema for those of a store."""
    return Statistics(
        entities=[EntityCount(kind=kind, count=BigInt(amount)) for kind, amount in sorted(statistics.nodes.items())],
        flows=[FlowCount(kind=kind, count=BigInt(amount)) for kind, amount in sorted(statistics.flows.items())],
        blind=[blind_of(blind) for blind in statistics.blinds],
        bytes=None if statistics.bytes is None else BigInt(statistics.bytes),
    )


def histogram(
    counts: Counter[tuple[int, FlowKind]],
    minutes: int,
    kinds: Sequence[FlowKind] | None,
    since: int | None,
    until: int | None,
) -> list[Bucket]:
    """The intervals of a histogram, with the empty ones between others. Raises UsageError for too many intervals."""
    if minutes < 1:
        raise UsageError(f"minutes: invalid value {minutes}: expected 1 or more")
    found: Counter[int] = Counter()
    for (minute, kind), amount in counts.items():
        inside = (since is None or (minute + 1) * MINUTE_MS > since) and (until is None or minute * MINUTE_MS <= until)
        if inside and (kinds is None or kind in kinds):
            found[minute // minutes] += amount
    if not found:
        return []
    first, last = min(found), max(found)
    if last - first >= MOST_BUCKETS:
        raise UsageError(
            f"too many intervals: {last - first + 1}, at most {MOST_BUCKETS} are allowed;"
            " give since and until, or more minutes"
        )
    width = minutes * MINUTE_MS
    return [
        Bucket(first=Time(place * width), last=Time((place + 1) * width), count=BigInt(found[place]))
        for place in range(first, last + 1)
    ]
