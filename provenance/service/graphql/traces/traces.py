"""The trace of the schema: its slice in pages, its ways in, story, timeline and gaps (what each consists of: `parts`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated

import strawberry

from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import at_ms, end_of_ms
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.investigation.selecting import entity_id
from provenance.service.graphql.base.buckets import MOST_BUCKETS, Bucket
from provenance.service.graphql.base.node import Info, field
from provenance.service.graphql.base.pages import After, Connection, First, Key, page
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time
from provenance.service.graphql.graph.graph import (
    Entity,
    Flow,
    Kinds,
    Since,
    Until,
    entity_of,
    flow_of,
    flow_page,
)
from provenance.service.graphql.graph.hosts import Blind, blind_of
from provenance.service.graphql.traces.parts import (
    DecodedIn,
    Entry,
    HostReached,
    Moment,
    Step,
    TraceNode,
    Truncation,
    entry_of,
    host_reached_of,
    moment_of,
    step_of,
    truncation_of,
)
from provenance.store.interface import Direction, EventKey, Node
from provenance.trace.result import Trace as Traced
from provenance.trace.result import TraceEdge
from provenance.trace.slice.paths import next_steps, path


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
            entry_of(entry, self._stored_node(entry.node), edges.get(entry.edge or "")) for entry in self.trace.entries
        ]

    @field("The story: the steps of the attack from the way in, in order of time.")
    def chain(self) -> list[Step]:
        """The attack chain."""
        return [
            step_of(
                step,
                self._stored_node(step.node),
                self._stored_node(step.node if step.slice_node is None else step.slice_node),
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
        return page(found, _event_place, lambda key: moment_of(key, events[key]), first, after, len(found))

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
    return Trace(
        trace=trace,
        direction=trace.slice.direction,
        at=None if trace.slice.at is None else moment_time(trace.slice.at),
        node_count=BigInt(len(trace.slice.nodes)),
        flow_count=BigInt(len(trace.slice.edges)),
        truncated=None if cut is None else truncation_of(cut, trace.slice.nodes),
        blind=[blind_of(blind) for blind in trace.blinds],
        hosts=[host_reached_of(host) for host in trace.hosts],
    )


def preload_entities(trace: Traced, info: Info) -> None:
    """Gives the entities of a trace to the operation, so that it does not read them again."""
    info.context.preload(trace.slice.nodes)
    info.context.preload(trace.context)


def _node_key(node: Node) -> Key:
    return node.first, node.id


def _event_place(key: EventKey) -> Key:
    return key.ms, key.host.encode("utf-8", "surrogateescape").hex(), key.serial


def _buckets(times: Sequence[int], amount: int) -> Iterator[Bucket]:
    begin = min(times)
    width = (max(times) - begin) // amount + 1
    counts = Counter((ms - begin) // width for ms in times)
    for number in range(amount):
        first = begin + number * width
        yield Bucket(first=Time(first), last=Time(first + width), count=BigInt(counts[number]))
