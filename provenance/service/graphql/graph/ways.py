"""Paths from one entity to another."""

from __future__ import annotations

import asyncio

import strawberry

from provenance.ingest.facts import Flow as Run
from provenance.service.graphql.base.scalars import Time, moment_time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Flow, edges_of, flow_of
from provenance.trace.slice.best_paths import Ways
from provenance.trace.slice.between import Way

MOST_PATHS = 20


@strawberry.type(description="A step of a path from one entity to another.")
class WayStep:
    """A step of a path: a flow, and the time when information has passed it."""

    flow: Flow = strawberry.field(description="The flow, with the run that the path takes.")
    passed: Time = strawberry.field(
        description="When information can first have arrived at its target, on the target's clock."
    )


@strawberry.type(description="A path that information could have taken from one entity to another.")
class WayBetween:
    """A path with the fewest steps, each not earlier than the one before."""

    steps: list[WayStep] = strawberry.field(description="The steps in order; empty when there is no path.")
    whole: bool = strawberry.field(
        description="False when the search stopped early after too many entities, so that a path may "
        "exist although none was found."
    )
    through_peer: bool = strawberry.field(
        description="Whether the path leads through a peer outside the recorded hosts as if it passed information on. "
        "Such a path is given only when there is no other."
    )


@strawberry.type(description="One of the best paths from one entity to another.")
class RankedPath:
    """A path with its rank."""

    rank: int = strawberry.field(description="The rank; 1 is the best.")
    arrived: Time = strawberry.field(
        description="The earliest time when information can have arrived, on the target's clock."
    )
    steps: list[WayStep] = strawberry.field(description="The steps in order, at least one.")
    through_peer: bool = strawberry.field(
        description="Whether the path leads through a peer outside the recorded hosts as if it passed information on. "
        "Such paths come last."
    )


@strawberry.type(description="The best paths from one entity to another.")
class PathsBetween:
    """The best paths. No path contains an entity twice, and no two contain the same entities in the same order."""

    paths: list[RankedPath] = strawberry.field(description="The paths, the best first; empty when there is none.")
    whole: bool = strawberry.field(
        description="False when the search stopped early, so that there may be more or shorter paths."
    )


async def way_of(work: Work, way: Way) -> WayBetween:
    """The path of the schema for a way."""
    return WayBetween(steps=await _steps(work, way), whole=way.complete, through_peer=way.through_peer)


async def paths_of(work: Work, ways: Ways) -> PathsBetween:
    """The paths of the schema for some ways, read at once."""
    steps = await asyncio.gather(*(_steps(work, way) for way in ways.paths))
    ranked = [
        RankedPath(rank=rank, arrived=one[-1].passed, steps=one, through_peer=way.through_peer)
        for rank, (way, one) in enumerate(zip(ways.paths, steps, strict=True), 1)
    ]
    return PathsBetween(paths=ranked, whole=ways.complete)


async def _steps(work: Work, way: Way) -> list[WayStep]:
    return list(await asyncio.gather(*(_step(work, run, moment) for run, moment in way.runs)))


async def _step(work: Work, run: Run, moment: int) -> WayStep:
    (edge,) = await edges_of(work, [run])
    return WayStep(flow=flow_of(edge), passed=moment_time(moment))
