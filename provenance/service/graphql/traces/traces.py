"""The trace of the schema: its slice in pages, its ways in, story, timeline and gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated

import strawberry

from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import at_ms, end_of_ms
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from provenance.investigation.selecting import entity_id
from provenance.service.graphql.base.buckets import MOST_BUCKETS, Bucket
from provenance.service.graphql.base.node import Info, field
from provenance.service.graphql.base.pages import After, Connection, First, Key, page
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time
from provenance.service.graphql.graph.graph import (
    Entity,
    Event,
    Flow,
    Kinds,
    Since,
    Until,
    entity_of,
    event_of,
    flow_of,
    flow_page,
)
from provenance.service.graphql.graph.hosts import Blind, blind_of
from provenance.store.interface import Direction, EventKey, Node
from provenance.trace.result import Trace as Traced
from provenance.trace.result import TraceEdge
from provenance.trace.slice.paths import next_steps, path


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


@strawberry.type(
    description="A trace: the part of the graph (slice) through which information could reach or leave "
    "the start in time, with the way in, the story and the gaps."
)
class Trace:
    """A trace. The same request gives the same trace while the store does not change, so its pages fit together."""

    trace: strawberry.Private[Traced]
    direction: Direction = strawberry.field(description="The direction.")
    at: Time | None = strawberry.field(description="The requested time; null without one.")
    node_count: BigInt = strawberry.field(description="The number of entities.")
    flow_count: BigInt = strawberry.field(description="The number of flows.")
    truncated: Truncation | None = strawberry.field(description="What the limits left out; null when nothing.")
    blind: list[Blind] = strawberry.field(description="The blind intervals that fall into the trace.")
    hosts: list[HostReached] = strawberry.field(description="The hosts that the trace reaches, in order of the time.")

    @field("The entities that the trace started from.")
    def start(self) -> list[Entity]:
        """The entities of the start."""
        return [entity_of(self.trace.slice.nodes[id]) for id in self.trace.slice.start if id in self.trace.slice.nodes]

    @field("The entities of the trace, in order of time.")
    def nodes(
        self,
        kinds: Annotated[
            list[EntityKind] | None, strawberry.argument(description="Only entities of these kinds; null for all.")
        ] = None,
        host: Annotated[Text | None, strawberry.argument(description="Only on this host.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[TraceNode]:
        """A page of the slice's entities."""
        found = sorted(
            (
                node
                for node in self.trace.slice.nodes.values()
                if (kinds is None or node.kind in kinds) and (host is None or node.host == host)
            ),
            key=_node_key,
        )
        return page(found, _node_key, self._node, first, after, len(found))

    def _node(self, node: Node) -> TraceNode:
        return TraceNode(entity=entity_of(node), bound=moment_time(self.trace.slice.bounds[node.id]))

    @field("The flows of the trace, in order of time.")
    def flows(
        self, kinds: Kinds = None, since: Since = None, until: Until = None, first: First = 50, after: After = None
    ) -> Connection[Flow]:
        """A page of the slice's flows."""
        found = self._edges(kinds, since, until)
        return flow_page(found, first, after, len(found))

    def _edges(self, kinds: Sequence[FlowKind] | None, since: Time | None, until: Time | None) -> list[TraceEdge]:
        return [
            edge
            for edge in self.trace.slice.edges
            if (kinds is None or edge.kind in kinds)
            and (since is None or edge.last >= at_ms(since))
            and (until is None or edge.first <= end_of_ms(until))
        ]

    @field("Candidates for the way in, the most probable first; empty in a forward trace.")
    def entries(self) -> list[Entry]:
        """The ways in."""
        edges = {edge.id: edge for edge in self.trace.slice.edges}
        return [
            Entry(
                rank=entry.rank,
                entity=entity_of(self._stored_node(entry.node)),
                flow=flow_of(edges[entry.edge]) if entry.edge in edges else None,
                time=moment_time(entry.moment),
                score=round(entry.score, 6),
                reason=entry.reason,
            )
            for entry in self.trace.entries
        ]

    @field("The story: the steps of the attack from the way in, in order of time.")
    def chain(self) -> list[Step]:
        """The attack chain."""
        return [
            Step(
                time=moment_time(step.moment),
                host_name=Text(step.host),
                entity=entity_of(self._stored_node(step.node)),
                node=entity_of(self._stored_node(step.node if step.slice_node is None else step.slice_node)),
                flow_id=None if step.edge is None else strawberry.ID(step.edge),
                text=step.text,
                account=Text(step.account),
                count=step.times,
                confidence=step.confidence,
                doubt=Text(step.doubt),
            )
            for step in self.trace.chain
        ]

    @field("Commands that were hidden in arguments by an encoding, decoded.")
    def decoded(self) -> list[DecodedIn]:
        """The hidden commands."""
        return [
            DecodedIn(entity=entity_of(self._stored_node(found.node)), encoding=found.encoding, text=Text(found.text))
            for found in self.trace.decoded
        ]

    @field("The shortest path of flows between an entity of the trace and the start, in order.")
    def path(
        self, entity: Annotated[strawberry.ID, strawberry.argument(description="An entity of the trace.")]
    ) -> list[Flow]:
        """The path that shows why an entity is in the trace. Raises NothingFound if it is not in it."""
        id = entity_id(entity)
        if id not in self.trace.slice.nodes:
            raise NothingFound(f"{entity} is not in this trace")
        return [flow_of(edge) for edge in path(next_steps(self.trace.slice), id, self.trace.slice.direction)]

    @field("The audit events of the trace, in order of time, each with the flows that it is evidence of.")
    def timeline(
        self, kinds: Kinds = None, since: Since = None, until: Until = None, first: First = 50, after: After = None
    ) -> Connection[Moment]:
        """A page of the timeline."""
        events: dict[EventKey, list[TraceEdge]] = {}
        for edge in self._edges(kinds, since, until):
            for key in edge.evidence:
                if (since is None or key.ms >= since) and (until is None or key.ms <= until):
                    events.setdefault(key, []).append(edge)
        found = sorted(events, key=_event_place)
        return page(found, _event_place, lambda key: _moment(key, events[key]), first, after, len(found))

    @field("The number of the trace's events in each of some equal intervals.")
    def histogram(
        self,
        buckets: Annotated[int, strawberry.argument(description=f"The number of intervals, 1 to {MOST_BUCKETS}.")] = 60,
    ) -> list[Bucket]:
        """The histogram of the timeline; empty for a trace without events."""
        if not 1 <= buckets <= MOST_BUCKETS:
            raise UsageError(f"buckets: invalid value {buckets}: expected 1 to {MOST_BUCKETS}")
        times = [key.ms for edge in self.trace.slice.edges for key in edge.evidence]
        return list(_buckets(times, buckets)) if times else []

    def _stored_node(self, id: int) -> Node:
        nodes = self.trace.slice.nodes
        return nodes[id] if id in nodes else self.trace.context[id]


def trace_of(trace: Traced) -> Trace:
    """The trace of the schema for a trace."""
    cut = trace.slice.truncated
    names = {id: strawberry.ID(format_id(node.kind, id)) for id, node in trace.slice.nodes.items()} if cut else {}
    return Trace(
        trace=trace,
        direction=trace.slice.direction,
        at=None if trace.slice.at is None else moment_time(trace.slice.at),
        node_count=BigInt(len(trace.slice.nodes)),
        flow_count=BigInt(len(trace.slice.edges)),
        truncated=None
        if cut is None
        else Truncation(
            why=cut.why, left_out_flows=BigInt(cut.left_out_edges), at=[names[id] for id in cut.at if id in names]
        ),
        blind=[blind_of(blind) for blind in trace.blinds],
        hosts=[
            HostReached(
                host_name=Text(host.host),
                first=moment_time(host.first),
                via=[strawberry.ID(edge) for edge in host.via],
                confidence=host.confidence,
                doubt=Text(host.doubt),
                clock_confidence=host.clock_confidence,
                evidence=[Text(one) for one in host.evidence],
            )
            for host in trace.hosts
        ],
    )


def preload_entities(trace: Traced, info: Info) -> None:
    """Gives the entities of a trace to the operation, so that it does not read them again."""
    info.context.preload(trace.slice.nodes)
    info.context.preload(trace.context)


def _node_key(node: Node) -> Key:
    return node.first, node.id


def _event_place(key: EventKey) -> Key:
    return key.ms, key.host.encode("utf-8", "surrogateescape").hex(), key.serial


def _moment(key: EventKey, edges: Sequence[TraceEdge]) -> Moment:
    return Moment(event=event_of(key), flows=[flow_of(edge) for edge in edges])


def _buckets(times: Sequence[int], amount: int) -> Iterator[Bucket]:
    begin = min(times)
    width = (max(times) - begin) // amount + 1
    counts = Counter((ms - begin) // width for ms in times)
    for number in range(amount):
        first = begin + number * width
        yield Bucket(first=Time(first), last=Time(first + width), count=BigInt(counts[number]))
