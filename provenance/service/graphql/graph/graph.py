"""The types of the schema for the graph: entities, the flows between them, and the events that are their evidence."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Self, TypeVar

import strawberry

from provenance.errors import NothingFound
from provenance.ingest.clock import FIRST, LAST, at_ms, end_of_ms
from provenance.ingest.facts import Flow as Run
from provenance.ingest.facts import FlowKind
from provenance.ingest.facts import Note as LogNote
from provenance.ingest.identity import EntityKind, format_id
from provenance.service.graphql.base.kinds import Side
from provenance.service.graphql.base.node import Info, Node, field
from provenance.service.graphql.base.pages import After, Connection, First, Key, page
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time, spell
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.hosts import Host, host_of
from provenance.store.interface import EventKey
from provenance.store.interface import Node as StoreNode
from provenance.text.event_key import format_event
from provenance.text.labels import label
from provenance.trace.result import TraceEdge
from provenance.trace.slice.edges import as_edges

_E = TypeVar("_E", bound="Entity")
_KINDS: dict[EntityKind, type[Entity]] = {}

Since = Annotated[
    Time | None, strawberry.argument(description="Only flows that were still active at this time or later.")
]
Until = Annotated[Time | None, strawberry.argument(description="Only flows that had begun by this time.")]
Kinds = Annotated[list[FlowKind] | None, strawberry.argument(description="Only flows of these kinds; null for all.")]


@strawberry.type(description="An audit event: all records with one host, time and serial.")
class Event(Node):
    """An audit event."""

    key: strawberry.Private[EventKey]
    id: strawberry.ID = strawberry.field(
        description="`HOST/SECONDS.MILLISECONDS:SERIAL`, as `provenance evidence` takes it."
    )
    host_name: Text = strawberry.field(description="The host whose log contains the event.")
    time: Time = strawberry.field(description="The time of its records.")
    serial: BigInt = strawberry.field(description="The serial number, for `ausearch -a SERIAL`.")

    @field("The raw lines exactly as they were logged; null when they were not stored.")
    async def lines(self, info: Info) -> list[Text] | None:
        """The raw lines, read at once for all events of a page."""
        found = await info.context.raw.load(self.key)
        return None if found is None else [Text(line) for line in _decoded(found.raw)]

    @field("File or stream that the lines came from; null when they were not stored.")
    async def source(self, info: Info) -> Text | None:
        """The source of the lines."""
        found = await info.context.raw.load(self.key)
        return None if found is None else Text(found.source)


@strawberry.type(description="A record about an entity that is not a flow: a login, a denied access, ...")
class Note:
    """A note about an entity."""

    time: Time = strawberry.field(description="The time.")
    serial: BigInt = strawberry.field(description="The serial number of the record's event.")
    type: Text = strawberry.field(description="The type of the record.")
    text: Text = strawberry.field(description="The text.")


@strawberry.type(
    description="A flow of information from one entity to another: all runs of one kind between the two entities."
)
class Flow(Node):
    """A flow. In a trace, its times, count and evidence are those of the runs that belong to the trace."""

    edge: strawberry.Private[TraceEdge]
    id: strawberry.ID = strawberry.field(description="`KIND-SOURCE-TARGET`.")
    kind: FlowKind = strawberry.field(description="The kind: how the information passed.")
    first: Time = strawberry.field(description="The earliest time when information may have passed.")
    last: Time = strawberry.field(description="The latest time when information may have passed.")
    count: BigInt = strawberry.field(description="The number of flows in the log that it combines.")
    confidence: float = strawberry.field(
        description="How certain the flow is, 0 to 1; below 1 only for connections that were joined across hosts."
    )
    reason: Text | None = strawberry.field(
        description="Why a connection was joined across hosts; null for other flows."
    )

    @field("The entity that the information came from.")
    async def source(self, info: Info) -> Entity:
        """The source of the flow."""
        return await _end(info.context, self.edge.source)

    @field("The entity that the information went to.")
    async def target(self, info: Info) -> Entity:
        """The target of the flow."""
        return await _end(info.context, self.edge.target)

    @field("The audit events behind the flow, in order of time.")
    def evidence(self, first: First = 10, after: After = None) -> Connection[Event]:
        """A page of its evidence."""
        return event_page(self.edge.evidence, first, after)


@strawberry.interface(description="An entity of the graph: a process, a file, an endpoint, a pipe or a session.")
class Entity(Node):
    """An entity: the fields that all kinds have."""

    node: strawberry.Private[StoreNode]
    id: strawberry.ID = strawberry.field(description="The id: a letter for the kind and 16 hexadecimal digits.")
    kind: EntityKind = strawberry.field(description="The kind of the entity.")
    host_name: Text = strawberry.field(description="Name of the entity's host.")
    label: str = strawberry.field(
        description="The label for display: a command line, a path, an address. Unprintable characters are spelled out."
    )
    first_seen: Time = strawberry.field(
        description="The time when the entity is first recorded; for a process, its start."
    )

    @classmethod
    @abstractmethod
    def of(cls, node: StoreNode) -> Self:
        """The entity of a store's node."""

    @field("The entity's host; null when no log of that host was ingested.")
    async def host(self, info: Info) -> Host | None:
        """The host of the entity; all hosts are read once."""
        found = (await info.context.hosts()).get(self.node.host)
        return None if found is None else host_of(found)

    @field(
        "The entity's flows, in order of time. Of an entity with more than 5,000 runs, only those nearest "
        "to the end of the log (incoming) or its beginning (outgoing) are read, and `totalCount` is null."
    )
    async def flows(
        self,
        info: Info,
        side: Annotated[Side, strawberry.argument(description="Incoming flows, outgoing flows or both.")] = Side.BOTH,
        kinds: Kinds = None,
        since: Since = None,
        until: Until = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Flow]:
        """A page of its flows."""
        runs, complete = await runs_at(info.context, self.node.id, side)
        edges = await edges_of(info.context, matching(runs, kinds, since, until))
        return flow_page(edges, first, after, len(edges) if complete else None)

    @field("Other records about the entity, in order of time.")
    async def notes(self, info: Info, first: First = 20, after: After = None) -> Connection[Note]:
        """A page of its notes."""
        found = sorted(await info.context.notes.load(self.node.id), key=_note_key)
        return page(found, _note_key, _note, first, after, len(found))

    @field("The audit events behind the entity's flows, in order of time.")
    async def evidence(self, info: Info, first: First = 10, after: After = None) -> Connection[Event]:
        """A page of its evidence."""
        runs, _ = await runs_at(info.context, self.node.id, Side.BOTH)
        edges = await edges_of(info.context, runs)
        return event_page(sorted({key for edge in edges for key in edge.evidence}), first, after)


def of_kind(kind: EntityKind) -> Callable[[type[_E]], type[_E]]:
    """The decorator of the class for the entities of a kind."""

    def register(entity: type[_E]) -> type[_E]:
        _KINDS[kind] = entity
        return entity

    return register


def entity_of(node: StoreNode) -> Entity:
    """The entity of the schema for a store's node."""
    return _KINDS[node.kind].of(node)


def common(node: StoreNode) -> dict[str, Any]:
    """The fields that all kinds of entity have."""
    return {
        "node": node,
        "id": strawberry.ID(format_id(node.kind, node.id)),
        "kind": node.kind,
        "host_name": Text(node.host),
        "label": label(node),
        "first_seen": moment_time(node.first),
    }


def flow_of(edge: TraceEdge) -> Flow:
    """The flow of the schema for an edge."""
    reason = (edge.detail or {}).get("reason")
    return Flow(
        edge=edge,
        id=strawberry.ID(edge.id),
        kind=edge.kind,
        first=moment_time(edge.first),
        last=moment_time(edge.last),
        count=BigInt(edge.times),
        confidence=edge.confidence,
        reason=None if reason is None else Text(str(reason)),
    )


def event_of(key: EventKey) -> Event:
    """The event of the schema with a key."""
    return Event(
        key=key,
        id=strawberry.ID(spell(format_event(key))),
        host_name=Text(key.host),
        time=Time(key.ms),
        serial=BigInt(key.serial),
    )


def event_page(keys: Sequence[EventKey], first: int, after: str | None) -> Connection[Event]:
    """A page of events; the keys must be in order."""
    return page(keys, _event_key, event_of, first, after, len(keys))


def flow_page(edges: Sequence[TraceEdge], first: int, after: str | None, total: int | None) -> Connection[Flow]:
    """A page of flows; the edges must be in order of (first, id)."""
    return page(edges, lambda edge: (edge.first, edge.id), flow_of, first, after, total)


async def runs_at(work: Work, id: int, side: Side) -> tuple[list[Run], bool]:
    """The runs of flows at an entity, and whether they are complete."""
    reads = [work.incoming.load(id)] if side is not Side.OUTGOING else []
    reads += [work.outgoing.load(id)] if side is not Side.INCOMING else []
    found = await asyncio.gather(*reads)
    most = work.engine.limits.runs_per_entity
    return [run for runs in found for run in runs[:most]], all(len(runs) <= most for runs in found)


def matching(runs: Iterable[Run], kinds: Sequence[FlowKind] | None, since: int | None, until: int | None) -> list[Run]:
    """The runs of some kinds that are active in a time span (ms since the epoch)."""
    begin, end = FIRST if since is None else at_ms(since), LAST if until is None else end_of_ms(until)
    return [run for run in runs if (kinds is None or run.kind in kinds) and run.last >= begin and run.first <= end]


async def edges_of(work: Work, runs: Sequence[Run]) -> tuple[TraceEdge, ...]:
    """The edges that combine these runs, in order of (first, id)."""
    nodes = await work.nodes(list({end for run in runs for end in (run.source, run.target)}))
    return as_edges((run for run in runs if run.source in nodes and run.target in nodes), nodes)


async def _end(work: Work, id: int) -> Entity:
    node = await work.node(id)
    if node is None:
        raise NothingFound("an end of this flow is not in the store")
    return entity_of(node)


def _decoded(raw: bytes) -> list[str]:
    return raw.decode("utf-8", "surrogateescape").split("\n")


def _event_key(key: EventKey) -> Key:
    return key.host.encode("utf-8", "surrogateescape").hex(), key.ms, key.serial


def _note_key(note: LogNote) -> Key:
    return note.moment, note.serial, f"{note.type}\0{note.text}".encode("utf-8", "surrogateescape").hex()


def _note(note: LogNote) -> Note:
    return Note(time=moment_time(note.moment), serial=BigInt(note.serial), type=Text(note.type), text=Text(note.text))
