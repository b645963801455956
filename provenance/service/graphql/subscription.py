"""The subscriptions, over graphql-transport-ws or server-sent events. The work for one ends when its client disconnects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import strawberry

from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import State
from provenance.errors import UsageError
from provenance.service.graphql.alerts.alerts import Alert, alert_document, alert_of
from provenance.service.graphql.alerts.incidents import Incident, IncidentState, incident_of
from provenance.service.graphql.base.node import Info, subscription
from provenance.service.graphql.base.scalars import BigInt, Text
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.hosts import Host, host_of
from provenance.service.graphql.traces.arguments import At, Start, Towards, Within, requested_trace
from provenance.service.graphql.traces.progress import TraceProgress, follow_run, follow_started
from provenance.service.incidents import records
from provenance.service.tracing.run import TraceRun
from provenance.store.documents import Document, Documents
from provenance.store.interface import HostSummary, Store

_IDS = 50
_NEWEST = 50


@strawberry.type(description="How far the log of a host has been read.")
class IngestProgress:
    """The progress of ingest, read from the store, so that it does not matter which process ingests."""

    host: Host = strawberry.field(description="The host in its current state.")
    events: BigInt = strawberry.field(description="The number of events of the host's log that were read so far.")
    new_events: BigInt = strawberry.field(
        description="How many of these are new since the last message about this host; 0 in the first message."
    )


@strawberry.type(description="All subscriptions.")
class Subscription:
    """The root of subscriptions."""

    @subscription(
        "Make a trace and report its progress, then send its entities and flows in parts; the last "
        "message holds the trace."
    )
    async def trace_progress(
        self,
        info: Info,
        direction: Towards,
        start: Start,
        at: At = None,
        budget: Within = None,
    ) -> AsyncIterator[TraceProgress]:
        """Runs a trace and reports its progress; the trace stops when the client disconnects."""
        work: Work = info.context
        engine = work.engine
        run = TraceRun(engine.service.store, direction, engine.limits.trace_seconds)
        result = run.begin(
            lambda make: engine.threads.submit(work.principal.name, make),
            lambda store: requested_trace(engine, store, direction, start, at, budget),
        )
        try:
            async for progress in follow_run(info, run, result):
                yield progress
        finally:
            run.stop()

    @subscription(
        "Report the progress of a trace that `startTrace` started, then send its entities and flows in "
        "parts; the last message holds the trace. The trace continues when the subscription ends."
    )
    async def started_trace(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id that `startTrace` returned.")],
    ) -> AsyncIterator[TraceProgress]:
        """Follows a started trace; any number of clients can follow it."""
        async for progress in follow_started(info, id):
            yield progress

    @subscription(
        "Alerts when they are received and whenever they change; alerts requested by id are also sent at once."
    )
    async def alert_changed(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(
                description=f"Only these alerts, at most {_IDS}; null for the {_NEWEST} newest of each state."
            ),
        ] = None,
    ) -> AsyncIterator[Alert]:
        """Watches the queue of alerts."""
        if ids is not None and len(ids) > _IDS:
            raise UsageError(f"too many ids: {len(ids)}, at most {_IDS} at once are allowed")
        work: Work = info.context
        seen = {} if ids is not None else {one.key: one.version for one in await _read(work, None)}
        before: list[Document] = []
        async for _ in work.poll():
            found = await _read(work, ids)
            changed, before = () if found is before else found, found
            for document in changed:
                if seen.get(document.key) != document.version:
                    seen[document.key] = document.version
                    yield alert_of(document)

    @subscription(
        "Hosts whose log is ingested, by any process: each at once, then whenever more of its log is in the store."
    )
    async def ingest_progress(
        self,
        info: Info,
        host: Annotated[Text | None, strawberry.argument(description="Only this host; null for all.")] = None,
    ) -> AsyncIterator[IngestProgress]:
        """Watches the ingest of logs into the store."""
        work: Work = info.context
        seen: dict[str, HostSummary] = {}
        async for _ in work.poll():
            for now in await work.latest("hosts", _hosts):
                before = seen.get(now.host)
                if host in (None, now.host) and now != before:
                    seen[now.host] = now
                    new = 0 if before is None else _events(now) - _events(before)
                    yield IngestProgress(host=host_of(now), events=BigInt(_events(now)), new_events=BigInt(new))

    @subscription(
        "Incidents whenever one is created, gets an alert, is merged, split or changed: the most urgent of each state."
    )
    async def incident_changed(self, info: Info) -> AsyncIterator[Incident]:
        """Watches the incidents."""
        work: Work = info.context
        seen = {one.key: one.version for one in await _read_incidents(work)}
        before: list[Document] = []
        async for _ in work.poll():
            found = await _read_incidents(work)
            changed, before = () if found is before else found, found
            for document in changed:
                if seen.get(document.key) != document.version:
                    seen[document.key] = document.version
                    yield incident_of(document)


def _events(summary: HostSummary) -> int:
    return summary.tallies.get("events", 0)


def _hosts(store: Store) -> list[HostSummary]:
    return sorted(store.hosts(), key=lambda known: known.host)


async def _read(work: Work, ids: Sequence[str] | None) -> list[Document]:
    question = ("alerts", None if ids is None else tuple(ids))
    return await work.latest(question, lambda store: _alerts(store.documents(), ids))


def _alerts(documents: Documents, ids: Sequence[str] | None) -> list[Document]:
    if ids is None:
        return [one for state in State for one in documents.page(ALERT, state.value, None, _NEWEST)]
    found = [alert_document(documents, id) for id in ids]
    return [document for document in found if document is not None]


async def _read_incidents(work: Work) -> list[Document]:
    def read(store: Store) -> list[Document]:
        documents = store.documents()
        states = (state.value for state in IncidentState)
        return [one for state in states for one in documents.page(records.INCIDENT, state, None, _NEWEST)]

    return await work.latest("incidents", read)
