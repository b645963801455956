"""The questions."""

from __future__ import annotations

import asyncio
from typing import Annotated

import strawberry

from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import State
from provenance.errors import NothingFound, UsageError
from provenance.ingest.clock import FIRST, LAST, at_ms, end_of_ms
from provenance.investigation.selecting import entity_id
from provenance.service.graphql.alerts.alerts import INCIDENT_PREFIX, Alert, alert_of, queue_document
from provenance.service.graphql.alerts.filters import Asked
from provenance.service.graphql.alerts.incidents import Incident, IncidentState, incident_of
from provenance.service.graphql.base.buckets import Bucket
from provenance.service.graphql.base.document_pages import document_page
from provenance.service.graphql.base.kinds import Severity
from provenance.service.graphql.base.marks import PIN, Standing
from provenance.service.graphql.base.minutes import Counts
from provenance.service.graphql.base.node import AlertId, AnyId, EntityId, IncidentId, Info, Node, resolved
from provenance.service.graphql.base.pages import After, Connection, First, page
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.counting import BucketMinutes, Statistics, histogram, statistics_of
from provenance.service.graphql.graph.graph import Entity, Kinds, Since, Until, entity_of
from provenance.service.graphql.graph.hosts import Host, host_of
from provenance.service.graphql.graph.searching import SearchInput, search
from provenance.service.graphql.graph.trees import ProcessTree, tree
from provenance.service.graphql.graph.ways import MOST_PATHS, PathsBetween, WayBetween, paths_of, way_of
from provenance.service.graphql.lookup import lookup
from provenance.service.graphql.pins import Pin, pin_of
from provenance.service.graphql.traces.arguments import At, Start, Towards, Within, requested_trace
from provenance.service.graphql.traces.traces import Trace, known_in, trace_of
from provenance.service.incidents import book as incidents_book
from provenance.store.fingerprint import fingerprint
from provenance.store.interface import Node as StoreNode
from provenance.trace.best_paths import Limits, best_paths
from provenance.trace.between import between

_IDS = 100

Severities = Annotated[
    list[Severity] | None, strawberry.argument(description="Only of these severities; null for all.")
]
OfAssignee = Annotated[
    Text | None, strawberry.argument(description="Only of this assignee; empty: of nobody; null for all.")
]
OnHost = Annotated[Text | None, strawberry.argument(description="Only of this host; null for all.")]


@strawberry.type(description="Everything that can be asked.")
class Query:
    """The root of queries."""

    @resolved("Whatever has this id; null when it is not in the store (Relay).")
    async def node(self, info: Info, id: AnyId) -> Node | None:
        """Anything by its id."""
        return await lookup(info.context, id)

    @resolved(f"Whatever has these ids, at most {_IDS}, in the same order (Relay).")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="The ids.")]
    ) -> list[Node | None]:
        """Many by their ids, read in one go."""
        if len(ids) > _IDS:
            raise UsageError(f"{len(ids)} ids: at most {_IDS} at once")
        return list(await asyncio.gather(*(lookup(info.context, id) for id in ids)))

    @resolved("Hosts, by name.")
    async def hosts(self, info: Info, first: First = 50, after: After = None) -> Connection[Host]:
        """A page of hosts."""
        found = sorted((await info.context.hosts()).values(), key=lambda host: _hex(host.host))
        return page(found, lambda host: (_hex(host.host),), host_of, first, after, len(found))

    @resolved("A host; null when no log of a host of this name was read.")
    async def host(
        self, info: Info, name: Annotated[Text, strawberry.argument(description="Its name.")]
    ) -> Host | None:
        """A host by name."""
        found = (await info.context.hosts()).get(name)
        return None if found is None else host_of(found)

    @resolved("Entities that match, in order of time, or with free text the best first.")
    async def search(
        self,
        info: Info,
        where: Annotated[SearchInput, strawberry.argument(description="What they match.")],
        first: First = 20,
        after: After = None,
    ) -> Connection[Entity]:
        """A page of a search."""
        work = info.context
        return await work.ask(lambda: search(work.store, where, first, after))

    @resolved("An entity; null when it is not in the store.")
    async def entity(self, info: Info, id: EntityId) -> Entity | None:
        """An entity by its id."""
        found = await info.context.node(entity_id(id))
        return None if found is None else entity_of(found)

    @resolved("The processes below one, with counts of what is not shown; null when it is no process.")
    async def process_tree(
        self,
        info: Info,
        process: Annotated[strawberry.ID, strawberry.argument(description="The process at the top.")],
        depth: Annotated[int, strawberry.argument(description="Levels below the root, 1 to 32.")] = 3,
        breadth: Annotated[int, strawberry.argument(description="Children shown of one process, 1 to 100.")] = 20,
    ) -> ProcessTree | None:
        """A tree, level by level."""
        return await tree(info.context, entity_id(process), depth, breadth)

    @resolved("A trace, backward to the way in or forward to everything that was reached.")
    async def trace(
        self,
        info: Info,
        direction: Towards,
        start: Start,
        at: At = None,
        budget: Within = None,
    ) -> Trace:
        """A trace; asked again, it is not walked again while the store is unchanged."""
        work = info.context
        found = await work.ask(lambda: requested_trace(work.engine, work.store, direction, start, at, budget))
        known_in(found, info)
        return trace_of(found)

    @resolved("The way that information could have taken from one entity to another, in time.")
    async def way(
        self,
        info: Info,
        source: Annotated[strawberry.ID, strawberry.argument(description="Where it begins.")],
        target: Annotated[strawberry.ID, strawberry.argument(description="Where it ends.")],
        since: Annotated[Time | None, strawberry.argument(description="Not leaving before this time.")] = None,
        until: Annotated[Time | None, strawberry.argument(description="Not arriving after this time.")] = None,
    ) -> WayBetween:
        """The shortest time-respecting path."""
        work = info.context
        ends = [await _present(work, id) for id in (source, target)]
        begin, end = FIRST if since is None else at_ms(since), LAST if until is None else end_of_ms(until)
        most = work.engine.limits.trace_nodes
        found = await work.ask(lambda: between(work.store, ends[0].id, ends[1].id, begin, end, most))
        return await way_of(work, found)

    @resolved(
        "The best ways that information could have taken from one entity to another, in time: those of the fewest steps."
    )
    async def paths(
        self,
        info: Info,
        from_: Annotated[strawberry.ID, strawberry.argument(name="from", description="Where they begin.")],
        to: Annotated[strawberry.ID, strawberry.argument(description="Where they end.")],
        since: Annotated[Time | None, strawberry.argument(description="None leaves before this time.")] = None,
        until: Annotated[Time | None, strawberry.argument(description="None arrives after this time.")] = None,
        first: Annotated[int, strawberry.argument(description=f"How many at most, 1 to {MOST_PATHS}.")] = 3,
    ) -> PathsBetween:
        """The k best time-respecting paths."""
        work = info.context
        if not 1 <= first <= MOST_PATHS:
            raise UsageError(f"first is {first}: 1 to {MOST_PATHS} paths are possible")
        source, target = [(await _present(work, id)).id for id in (from_, to)]
        begin, end = FIRST if since is None else at_ms(since), LAST if until is None else end_of_ms(until)
        limits = Limits(work.engine.limits.trace_nodes)
        found = await work.ask(lambda: best_paths(work.store, source, target, first, begin, end, limits))
        return await paths_of(work, found)

    @resolved("Counts of the whole store.")
    async def statistics(self, info: Info) -> Statistics:
        """Counts."""
        work = info.context
        return statistics_of(await work.ask(work.store.statistics))

    @resolved(
        "How many flows of the whole store, or with an end on one host, began in each interval of some minutes. None for a"
        " host that there is no log of."
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
        """A histogram; the first one of all hosts, or of one, after the store has changed reads every flow."""
        work = info.context
        counts = await work.ask(lambda: _beginnings(work, host))
        return histogram(counts, minutes, kinds, since, until)

    @resolved("Alerts: those that are still to be traced first, then the newest first.")
    async def alerts(
        self,
        info: Info,
        state: Annotated[State | None, strawberry.argument(description="Only those; null for all.")] = None,
        severities: Severities = None,
        host: OnHost = None,
        standing: Annotated[
            Standing | None, strawberry.argument(description="Only those that stand so with people; null for all.")
        ] = None,
        assignee: OfAssignee = None,
        since: Annotated[Time | None, strawberry.argument(description="Not before this time.")] = None,
        until: Annotated[Time | None, strawberry.argument(description="Not after this time.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Alert]:
        """A page of alerts."""
        named, asked = None if state is None else state.value, Asked(severities, host, standing, assignee, since, until)
        return await document_page(info.context, ALERT, named, alert_of, first, after, asked.alerts())

    @resolved("An alert; null when there is none with this id.")
    async def alert(self, info: Info, id: AlertId) -> Alert | None:
        """An alert by its id."""
        work = info.context
        found = await work.ask(lambda: queue_document(work.store.documents(), id))
        return None if found is None else alert_of(found)

    @resolved("Incidents: what to open first first.")
    async def incidents(
        self,
        info: Info,
        state: Annotated[IncidentState | None, strawberry.argument(description="Only those; null for all.")] = None,
        severities: Severities = None,
        host: OnHost = None,
        assignee: OfAssignee = None,
        since: Annotated[Time | None, strawberry.argument(description="Not over before this time.")] = None,
        until: Annotated[Time | None, strawberry.argument(description="Not begun after this time.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[Incident]:
        """A page of incidents."""
        asked, kind = Asked(severities, host, None, assignee, since, until), incidents_book.INCIDENT
        named = None if state is None else state.value
        return await document_page(info.context, kind, named, incident_of, first, after, asked.incidents())

    @resolved("An incident; the id of one that was merged gives the one that it is in. Null when there is none.")
    async def incident(self, info: Info, id: IncidentId) -> Incident | None:
        """An incident by its id."""
        known = await lookup(info.context, INCIDENT_PREFIX + id.removeprefix(INCIDENT_PREFIX))
        return known if isinstance(known, Incident) else None

    @resolved("What was pinned, in the order in which it was.")
    async def pins(self, info: Info, first: First = 20, after: After = None) -> Connection[Pin]:
        """A page of pins."""
        return await document_page(info.context, PIN, None, pin_of, first, after)


async def _present(work: Work, id: str) -> StoreNode:
    found = await work.node(entity_id(id))
    if found is None:
        raise NothingFound(f"{id} is not in the store")
    return found


def _hex(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").hex()


def _beginnings(work: Work, host: str | None) -> Counts:
    """Where there is one host only, its flows are all there are."""
    hosts = work.store.hosts()
    only = host if [known.host for known in hosts] != [host] else None
    return work.engine.minutes.of(work.store, fingerprint(hosts), only)
