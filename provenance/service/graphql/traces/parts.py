"""What a trace of the schema consists of: its entities, ways in, steps, hosts, hidden commands, events and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import strawberry

from provenance.ingest.identity import format_id
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time
from provenance.service.graphql.graph.graph import Entity, Event, Flow, entity_of, event_of, flow_of
from provenance.store.interface import EventKey, Node
from provenance.trace import result


@strawberry.type(description="An entity of a trace.")
class TraceNode:
    """An entity of a trace; `bound` is T(u) of a backward trace, F(u) of a forward one."""

    entity: Entity = strawberry.field(description="The entity.")
    bound: Time = strawberry.field(
        description="Backward: what happened to the entity after this time cannot have affected the "
        "start. Forward: nothing from the start reached the entity before this time."
    )


@strawberry.type(description="A candidate for the way in.")
class Entry:
    """A way in: a place where information came from outside the logs."""

    rank: int = strawberry.field(description="The rank; 1 is the most probable.")
    entity: Entity = strawberry.field(
        description="The peer, the login session, or the process older than the log that the information came from."
    )
    flow: Flow | None = strawberry.field(
        description="The flow by which it came in; null for a process older than the log."
    )
    time: Time = strawberry.field(description="The time.")
    score: float = strawberry.field(description="How probable the entry is, 0 to 1; comparable within one trace.")
    reason: str = strawberry.field(description="The reason in words. Unprintable characters are spelled out.")


@strawberry.type(description="A step of the story.")
class Step:
    """A step of the story: a program, and what it called and changed."""

    time: Time = strawberry.field(description="The time.")
    host_name: Text = strawberry.field(description="The host.")
    entity: Entity = strawberry.field(description="The program or peer.")
    node: Entity = strawberry.field(
        description="The entity of the trace that the step belongs to: the program itself, or, where it is not in the trace, the"
        " one from which it follows."
    )
    flow_id: strawberry.ID | None = strawberry.field(
        description="The flow that started the step; null where there is none."
    )
    text: str = strawberry.field(description="What happened. Unprintable characters are spelled out.")
    account: Text = strawberry.field(description="The account of the program: a name, or `uid N`; empty if unknown.")
    count: int = strawberry.field(description="The number of runs of the program that the step stands for.")
    confidence: float = strawberry.field(
        description="How certain it is, 0 to 1, that the trace leads to the program and its host, where connections are guessed."
    )
    doubt: Text = strawberry.field(
        description="Why the step may not belong to the story; empty if nothing speaks for that."
    )


@strawberry.type(description="A host that a trace reaches.")
class HostReached:
    """A host that a trace reaches."""

    host_name: Text = strawberry.field(description="The name.")
    first: Time = strawberry.field(description="The time when the trace reaches the host, on the host's clock.")
    via: list[strawberry.ID] = strawberry.field(description="Ids of the flows between hosts that lead to the host.")
    confidence: float = strawberry.field(
        description="How certain the best of these flows is, from 0 to 1; 1 for a host where the trace starts."
    )
    doubt: Text = strawberry.field(
        description="What of the connection or of the host's clock is guessed; empty for nothing."
    )
    clock_confidence: float = strawberry.field(
        description="How certain the correction of the host's clock is, from 0 to 1; 1 for a clock that is not guessed."
    )
    evidence: list[Text] = strawberry.field(
        description="What else speaks for the connection or against it: accounts and commands on both sides."
    )


@strawberry.type(description="A command that was hidden by an encoding in an argument of a program of the trace.")
class DecodedIn:
    """A hidden command, and the program whose argument held it."""

    entity: Entity = strawberry.field(description="The program.")
    encoding: str = strawberry.field(description="The encoding: base64, hex, ...")
    text: Text = strawberry.field(description="The text.")


@strawberry.type(
    description="What the limits of a trace left out. To follow it, start a trace from one "
    "of these entities with its bound."
)
class Truncation:
    """The reason for the end of a truncated trace, and where it ended."""

    why: str = strawberry.field(description="The limit that was reached.")
    left_out_flows: BigInt = strawberry.field(description="The number of runs of flows that were not followed.")
    at: list[strawberry.ID] = strawberry.field(description="Ids of the entities whose flows were not followed.")


@strawberry.type(description="An audit event of a trace, with the flows that it is evidence of.")
class Moment:
    """An entry of the timeline."""

    event: Event = strawberry.field(description="The event.")
    flows: list[Flow] = strawberry.field(description="The flows of the trace that it is evidence of.")


def entry_of(entry: result.Entry, node: Node, edge: result.TraceEdge | None) -> Entry:
    """The way in of the schema for one of a trace; `node` is its entity, `edge` the flow by which it came in."""
    return Entry(
        rank=entry.rank,
        entity=entity_of(node),
        flow=None if edge is None else flow_of(edge),
        time=moment_time(entry.moment),
        score=round(entry.score, 6),
        reason=entry.reason,
    )


def step_of(step: result.Step, node: Node, slice_node: Node) -> Step:
    """The step of the schema for one of a story; `node` is its program or peer, `slice_node` the entity of the trace that it
    belongs to."""
    return Step(
        time=moment_time(step.moment),
        host_name=Text(step.host),
        entity=entity_of(node),
        node=entity_of(slice_node),
        flow_id=None if step.edge is None else strawberry.ID(step.edge),
        text=step.text,
        account=Text(step.account),
        count=step.times,
        confidence=step.confidence,
        doubt=Text(step.doubt),
    )


def host_reached_of(host: result.HostReached) -> HostReached:
    """The host of the schema for one that a trace reaches."""
    return HostReached(
        host_name=Text(host.host),
        first=moment_time(host.first),
        via=[strawberry.ID(edge) for edge in host.via],
        confidence=host.confidence,
        doubt=Text(host.doubt),
        clock_confidence=host.clock_confidence,
        evidence=[Text(one) for one in host.evidence],
    )


def truncation_of(cut: result.Truncation, nodes: Mapping[int, Node]) -> Truncation:
    """What the limits of a trace left out; `nodes` are the entities of its slice."""
    return Truncation(
        why=cut.why,
        left_out_flows=BigInt(cut.left_out_edges),
        at=[strawberry.ID(format_id(nodes[id].kind, id)) for id in cut.at if id in nodes],
    )


def moment_of(key: EventKey, edges: Sequence[result.TraceEdge]) -> Moment:
    """The entry of the timeline for an event; `edges` are the flows that it is evidence of."""
    return Moment(event=event_of(key), flows=[flow_of(edge) for edge in edges])
