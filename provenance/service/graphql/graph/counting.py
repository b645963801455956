"""What is in the store, in numbers and over time."""

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
from provenance.store.interface import Statistics as Counted

BucketMinutes = Annotated[int, strawberry.argument(description="The length of an interval in minutes, 1 or more.")]


@strawberry.type(description="The number of entities of a kind.")
class EntityCount:
    """A count."""

    kind: EntityKind = strawberry.field(description="The kind.")
    count: BigInt = strawberry.field(description="The number.")


@strawberry.type(description="The number of runs of flows of a kind.")
class FlowCount:
    """A count."""

    kind: FlowKind = strawberry.field(description="The kind.")
    count: BigInt = strawberry.field(description="The number.")


@strawberry.type(description="Counts of the whole store.")
class Statistics:
    """Counts."""

    entities: list[EntityCount] = strawberry.field(description="Entities by kind.")
    flows: list[FlowCount] = strawberry.field(description="Runs of flows by kind.")
    blind: list[Blind] = strawberry.field(description="Every blind interval, in order of host and time.")
    bytes: BigInt | None = strawberry.field(description="Size of the store in bytes; null when unknown.")


def statistics_of(counted: Counted) -> Statistics:
    """The counts as GraphQL shows them."""
    return Statistics(
        entities=[EntityCount(kind=kind, count=BigInt(amount)) for kind, amount in sorted(counted.nodes.items())],
        flows=[FlowCount(kind=kind, count=BigInt(amount)) for kind, amount in sorted(counted.flows.items())],
        blind=[blind_of(blind) for blind in counted.blinds],
        bytes=None if counted.bytes is None else BigInt(counted.bytes),
    )


def histogram(
    counts: Counter[tuple[int, FlowKind]],
    minutes: int,
    kinds: Sequence[FlowKind] | None,
    since: int | None,
    until: int | None,
) -> list[Bucket]:
    """Intervals of some minutes, the empty ones between others too. Raises UsageError when these are too many."""
    if minutes < 1:
        raise UsageError(f"an interval of {minutes} minutes: it is 1 or more")
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
            f"{last - first + 1} intervals: {MOST_BUCKETS} are possible; give since and until, or more minutes"
        )
    width = minutes * MINUTE_MS
    return [
        Bucket(first=Time(place * width), last=Time((place + 1) * width), count=BigInt(found[place]))
        for place in range(first, last + 1)
    ]
