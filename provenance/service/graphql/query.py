"""The queries."""

from __future__ import annotations

import asyncio
from typing import Annotated

import strawberry

from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import State
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import FIRST, LAST, at_ms, end_of_ms
from provenance.investigation.selecting import entity_id
from provenance.retention.pins import PIN
from provenance.service.alerts.triage import Standing
from provenance.service.graphql.alerts.alerts import Alert, alert_document, alert_of
from provenance.service.graphql.alerts.filters import Filters
from provenance.service.graphql.alerts.incidents import Incident, IncidentState, incident_of
from provenance.service.graphql.base.buckets import Bucket
from provenance.service.graphql.base.document_pages import document_page
from provenance.service.graphql.base.kinds import Severity
from provenance.service.graphql.base.minutes import Counts
from provenance.service.graphql.base.node import AlertId, AnyId, EntityId, IncidentId, Info, Node, field
from provenance.service.graphql.base.pages import After, Connection, First, page
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.counting import BucketMinutes, Statistics, histogram, statistics_of
from provenance.service.graphql.graph.graph import Entity, Kinds, Since, Until, entity_of
from provenance.service.graphql.graph.hosts import Host, host_of
from provenance.service.graphql.graph.hunts import (
    Hunt,
    HuntName,
    HuntParameters,
    HuntResult,
    HuntRows,
    found_by,
    hunt_of,
)
from provenance.service.graphql.graph.searching import SearchInput, search
from provenance.service.graphql.graph.trees import ProcessTree, tree
from provenance.service.graphql.graph.ways import MOST_PATHS, PathsBetween, WayBetween, paths_of, way_of
from provenance.service.graphql.lookup import lookup
from provenance.service.graphql.pins import Pin, pin_of
from provenance.service.graphql.traces.arguments import At, Start, Towards, Within, requested_trace
from provenance.service.graphql.traces.traces import Trace, preload_entities, trace_of
from provenance.service.incidents import records
from provenance.service.incidents.records import INCIDENT_PREFIX
from provenance.store.fingerprint import fingerprint
from provenance.store.hunts import hunt, hunts
from provenance.store.interface import Node as StoreNode
from provenance.trace.slice.best_paths import Limits, best_paths
from provenance.trace.slice.between import between

_IDS = 100

Severities = Annotated[
    list[Severity] | None, strawberry.argument(description="Only with these severities; null for all.")
]
OfAssignee = Annotated[
    Text | None, strawberry.argument(description="Only with this assignee; empty for those without one; null for all.")
]
OnHost = Annotated[Text | None, strawberry.argument(description="Only this host; null for all.")]


@strawberry.type(description="All queries.")
class Query:
    """The root of queries."""

    @field("The object with this id; null when it is not in the store (Relay).")
    async def node(self, info: Info, id: AnyId) -> Node | None:
        """The object with an id."""
        return await lookup(info.context, id)

    @field(f"The objects with these ids, at most {_IDS}, in the same order (Relay).")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="The ids.")]
    ) -> list[Node | None]:
        """The objects with some ids, read at once."""
        if len(ids) > _IDS:
            raise UsageError(f"too many ids: {len(ids)}, at most {_IDS} at once are allowed")
        return list(await asyncio.gather(*(lookup(info.context, id) for id in ids)))

    @field("The hosts, in order of name.")
    async def hosts(self, info: Info, first: First = 50, after: After = None) -> Connection[Host]:
        """A page of hosts."""
        found = sorted((await info.context.hosts()).values(), key=lambda host: _hex(host.host))
        return page(found, lambda host: (_hex(host.host),), host_of, first, after, len(found))

    @field("The host with this name; null when no log of it was ingested.")
    async def host(
        self, info: Info, name: Annotated[Text, strawberry.argument(description="The name.")]
    ) -> Host | None:
        """A host by name."""
        found = (await info.context.hosts()).get(name)
        return None if found is None else host_of(found)

    @field("The entities that match, in order of time; with free text, the best match first.")
    async def search(
        self,
        info: Info,
        where: Annotated[SearchInput, strawberry.argument(description="The conditions.")],
        first: First = 20,
        after: After = None,
    ) -> Connection[Entity]:
        """A page of a search."""
        work = info.context
        return await work.ask(lambda: search(work.store, where, first, after))

    @field("The entity with this id; null when it is not in the store.")
    async def entity(self, info: Info, id: EntityId) -> Entity | None:
        """An entity by its id."""
        found = await info.context.node(entity_id(id))
        return None if found is None else entity_of(found)

    @field(
        "The tree of a process's descendants, with the number of those not shown; null when the id is not a process."
    )
    async def process_tree(
        self,
        info: Info,
        process: Annotated[strawberry.ID, strawberry.argument(description="The process at the top.")],
        depth: Annotated[int, strawberry.argument(description="The number of levels below the root, 1 to 32.")] = 3,
        breadth: Annotated[
            int, strawberry.argument(description="The largest number of children shown of one process, 1 to 100.")
        ] = 20,
    ) -> ProcessTree | None:
        """A tree, level by level."""
        return await tree(info.context, entity_id(process), depth, breadth)

    @field("A trace, backward to the way in or forward to everything that the start reached.")
    async def trace(
        self,
        info: Info,
        direction: Towards,
        start: Start,
        at: At = None,
        budget: Within = None,
    ) -> Trace:
        """A trace; the same request again is answered from memory if the store has not changed."""
        work = info.context
        found = await work.ask(lambda: requested_trace(work.engine, work.store, direction, start, at, budget))
        preload_entities(found, info)
        return trace_of(found)

    @field("A path that information could have taken from one entity to another in time.")
    async def way(
        self,
        info: Info,
        source: Annotated[strawberry.ID, strawberry.argument(description="The entity where the path begins.")],
        target: Annotated[strawberry.ID, strawberry.argument(description="The entity where the path ends.")],
        since: Annotated[
            Time | None, strawberry.argument(description="Only paths that begin at this time or later.")
        ] = None,
        until: Annotated[
            Time | None, strawberry.argument(description="Only paths that end at this time or earlier.")
        ] = None,
    ) -> WayBetween:
        """The shortest time-respecting path."""
        work = info.context
        ends = [await _existing_node(work, id) for id in (source, target)]
        begin, end = FIRST if since is None else at_ms(since), LAST if until is None else end_of_ms(until)
        most = work.engine.limits.trace_nodes
        found = await work.ask(lambda: between(work.store, ends[0].id, ends[1].id, begin, end, most))
        return await way_of(work, found)

    @field(
        "The best paths that information could have taken from one entity to another in time: those with "
        "the fewest steps."
    )
    async def paths(
        self,
        info: Info,
        from_: Annotated[
            strawberry.ID, strawberry.argument(name="from", description="The entity where the paths begin.")
        ],
        to: Annotated[strawberry.ID, strawberry.argument(description="The entity where the paths end.")],
        since: Annotated[
            Time | None, strawberry.argument(description="Only paths that begin at this time or later.")
        ] = None,
        until: Annotated[
            Time | None, strawberry.argument(description="Only paths that end at this time or earlier.")
        ] = None,
        first: Annotated[int, strawberry.argument(description=f"The largest number of paths, 1 to {MOST_PATHS}.")] = 3,
    ) -> PathsBetween:
        """The k best time-respecting paths."""
        work = info.context
        if not 1 <= first <= MOST_PATHS:
            raise UsageError(f"first: invalid value {first}: expected 1 to {MOST_PATHS}")
        source, target = [(await _existing_node(work, id)).id for id in (from_, to)]
        begin, end = FIRST if since is None else at_ms(since), LAST if until is None else end_of_ms(until)
        limits = Limits(work.engine.limits.trace_nodes)
        found = await work.ask(lambda: best_paths(work.store, source, target, first, begin, end, limits))
        return await paths_of(work, found)

    @field("The hunts, in order of name: searches of the whole store for suspicious behaviour.")
    async def hunts(self, info: Info) -> list[Hunt]:
        """All hunts."""
        return [hunt_of(one, info.context.store) for one in hunts().values()]

    @field("The rows that a hunt finds in the whole store.")
    async def hunt(
        self, info: Info, name: HuntName, parameters: HuntParameters = None, first: HuntRows = 100
    ) -> HuntResult:
        """The rows of a hunt."""
        work = info.context
        return await work.ask(lambda: found_by(work.store, hunt(name), parameters, first))

    @field("Counts of the whole store.")
    async def statistics(self, info: Info) -> Statistics:
        """Counts."""
        work = info.context
        return statistics_of(await work.ask(work.store.statistics))

    @field(
        "How many flows began in each interval of some minutes: of the whole store, or with an end on one "
        "host. Empty for a host without a log."
    )
    async def histogram(
        self,
        info: Info,
        minutes: BucketMinutes = 1,
        kinds: Kinds = None,
        since: Since = None,
        until: Until = None,
        host: OnHost = None,
    ) -> list[Bucket]:
        """A histogram. The first one of all hosts, or of a host, after a change of the store reads every flow."""
        work = info.context
        counts = await work.ask(lambda: _beginnings(work, host))
        return histogram(counts, minutes, kinds, since, until)

    @field("The alerts: unfinished ones first, then the newest first.")
    async def alerts(
        self,
        info: Info,
        state: Annotated[State | None, strawberry.argument(description="Only with this state; null for all.")] = None,
        severities: Severities = None,
        host: OnHost = None,
        standing: Annotated[
            Standing | None, strawberry.argument(description="Only with this state given by analysts; null for all.")
        ] = None,
        assignee: OfAssignee = None,
        since: Annotated[Time | None, strawberry.argument(description="Only at this time or later.")] = None,
        until: Annotated[Time | None, strawberry.argument(description="Only at this time or earlier.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Alert]:
        """A page of alerts."""
        wanted_state = None if state is None else state.value
        filters = Filters(severities, host, standing, assignee, since, until)
        return await document_page(info.context, ALERT, wanted_state, alert_of, first, after, filters.of_alerts())

    @field("The alert with this id; null when there is none.")
    async def alert(self, info: Info, id: AlertId) -> Alert | None:
        """An alert by its id."""
        work = info.context
        found = await work.ask(lambda: alert_document(work.store.documents(), id))
        return None if found is None else alert_of(found)

    @field("The incidents, the most urgent first.")
    async def incidents(
        self,
        info: Info,
        state: Annotated[
            IncidentState | None, strawberry.argument(description="Only with this state; null for all.")
        ] = None,
        severities: Severities = None,
        host: OnHost = None,
        assignee: OfAssignee = None,
        since: Annotated[
            Time | None, strawberry.argument(description="Only incidents with an alert at this time or later.")
        ] = None,
        until: Annotated[
            Time | None, strawberry.argument(description="Only incidents that began at this time or earlier.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Incident]:
        """A page of incidents."""
        filters, kind = Filters(severities, host, None, assignee, since, until), records.INCIDENT
        wanted_state = None if state is None else state.value
        return await document_page(info.context, kind, wanted_state, incident_of, first, after, filters.of_incidents())

    @field(
        "The incident with this id; for the id of a merged incident, the incident that it was "
        "merged into. Null when there is none."
    )
    async def incident(self, info: Info, id: IncidentId) -> Incident | None:
        """An incident by its id."""
        known = await lookup(info.context, INCIDENT_PREFIX + id.removeprefix(INCIDENT_PREFIX))
        return known if isinstance(known, Incident) else None

    @field("The pins, in the order in which they were made.")
    async def pins(self, info: Info, first: First = 20, after: After = None) -> Connection[Pin]:
        """A page of pins."""
        return await document_page(info.context, PIN, None, pin_of, first, after)


async def _existing_node(work: Work, id: str) -> StoreNode:
    found = await work.node(entity_id(id))
    if found is None:
        raise NothingFound(f"{id} is not in the store")
    return found


def _hex(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").hex()


def _beginnings(work: Work, host: str | None) -> Counts:
    """The counts of the whole store, or of one host; if the store has only that host, the counts are the same."""
    hosts = work.store.hosts()
    only = host if [known.host for known in hosts] != [host] else None
    return work.engine.minutes.counts(work.store, fingerprint(hosts), only)
