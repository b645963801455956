"""The alerts of the schema, with the results of their automatic traces."""

from __future__ import annotations

import re

import strawberry

from provenance.alerts.record import KIND, AlertRecord, State, visible_state
from provenance.alerts.results import StoredCandidate
from provenance.errors import NothingFound
from provenance.ingest.identity import IdentityError, parse_id
from provenance.investigation.anchoring import alert_ms
from provenance.service.alerts.triage import TRIAGE, Standing, TriageRecord, read_triage
from provenance.service.graphql.base.node import Info, Node, field
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Entity, entity_of
from provenance.service.graphql.traces.traces import Trace, preload_entities, trace_of
from provenance.service.incidents import records
from provenance.service.incidents.records import INCIDENT_PREFIX
from provenance.store.documents import Document, Documents

ALERT_ID = re.compile(r"a[0-9a-f]{32}")


@strawberry.type(description="An entity or flow that an alert may be about.")
class Candidate:
    """A candidate for the anchor of an alert."""

    entity_id: strawberry.ID = strawberry.field(description="Id of the entity.")
    flow_id: strawberry.ID | None = strawberry.field(
        description="Id of the flow; null when the candidate is an entity."
    )
    score: float = strawberry.field(
        description="How well the candidate matches the alert, 0 to 1; comparable between the candidates of one alert."
    )
    reason: str = strawberry.field(description="The reason.")

    @field("The entity; null when it is no longer in the store.")
    async def entity(self, info: Info) -> Entity | None:
        """The entity."""
        try:
            node = await info.context.node(parse_id(self.entity_id)[1])
        except IdentityError:
            return None
        return None if node is None else entity_of(node)


@strawberry.type(description="The state that analysts gave an alert.")
class Triage:
    """The triage of an alert: standing, assignee and note."""

    standing: Standing = strawberry.field(description="The state.")
    assignee: Text | None = strawberry.field(description="The analyst who handles it; null for nobody.")
    note: Text | None = strawberry.field(description="The note; null without one.")
    changed_by: Text | None = strawberry.field(
        description="The name of the token that changed it last; null when it was never changed."
    )
    changed: Time | None = strawberry.field(description="The time of the last change; null when it was never changed.")
    version: int = strawberry.field(
        description="The version. A change gives the version that it is based "
        "on, so that it cannot overwrite a change it has not "
        "seen."
    )


@strawberry.type(description="A change of an alert's result that later logs caused.")
class Difference:
    """A difference between two results of an alert."""

    time: Time = strawberry.field(description="The time when the result was computed again.")
    text: str = strawberry.field(description="What changed.")


@strawberry.type(description="An alert, with the state and the result of its automatic trace.")
class Alert(Node):
    """An alert."""

    document: strawberry.Private[Document]
    id: strawberry.ID = strawberry.field(description="The alert's id, as in `GET /alerts/ID`.")
    source: Text = strawberry.field(description="The product that sent the alert.")
    external_id: Text = strawberry.field(description="The alert's id in that product.")
    title: Text = strawberry.field(description="The title.")
    severity: str | None = strawberry.field(
        description="low, medium, high or critical; null when the alert gives none."
    )
    time: Time | None = strawberry.field(description="The time of the alert; null when it gives none.")
    host_name: Text | None = strawberry.field(description="The host that the alert names; null when it names none.")
    received: Time = strawberry.field(description="The time when the alert was received.")
    state: State = strawberry.field(description="The state of the alert's automatic trace.")
    reason: str | None = strawberry.field(description="Why the alert is waiting or has failed; null otherwise.")
    verdict: str | None = strawberry.field(
        description="The result of the trace in a sentence; null before the trace is done."
    )
    candidates: list[Candidate] = strawberry.field(
        description="The entities and flows that the alert may be about, best first."
    )
    differences: list[Difference] = strawberry.field(
        description="Changes of the result that later logs caused, oldest first."
    )

    @field("The state, assignee and note that analysts gave the alert.")
    async def triage(self, info: Info) -> Triage:
        """Its triage."""
        return triage_of(read_triage(await info.context.documents.load((TRIAGE, self.id))))

    @field("Id of the alert's incident; null when it belongs to none.")
    async def incident_id(self, info: Info) -> strawberry.ID | None:
        """Its incident."""
        found = await info.context.documents.load((records.ALERT, self.id))
        return strawberry.ID(INCIDENT_PREFIX + found.state) if found is not None and found.state else None

    @field("The backward trace, from the alert to the way in; null before it is done.")
    async def backtrack(self, info: Info) -> Trace | None:
        """The stored backward trace."""
        return await self._load_trace(info, AlertRecord.of(self.document).backtrack)

    @field(
        "The forward trace, from the most probable way in to everything that it reached; null when no way in was found."
    )
    async def forward(self, info: Info) -> Trace | None:
        """The stored forward trace."""
        return await self._load_trace(info, AlertRecord.of(self.document).forward)

    async def _load_trace(self, info: Info, key: str | None) -> Trace | None:
        work = info.context
        found = await work.ask(lambda: work.engine.service.tracer.load(work.store.documents(), key))
        if found is None:
            return None
        preload_entities(found, info)
        return trace_of(found)


def alert_of(document: Document) -> Alert:
    """The alert of the schema for a document."""
    record = AlertRecord.of(document)
    alert, fields, ms = record.alert, record.alert.fields, alert_ms(record.alert)
    return Alert(
        document=document,
        id=strawberry.ID(document.key),
        source=Text(alert.source),
        external_id=Text(alert.external_id),
        title=Text(alert.title),
        severity=fields.severity,
        time=None if ms is None else Time(ms),
        host_name=None if fields.host is None else Text(fields.host),
        received=Time(record.received),
        state=visible_state(document),
        reason=record.reason,
        verdict=record.verdict,
        candidates=[_candidate(candidate) for candidate in record.candidates or ()],
        differences=[Difference(time=Time(one.time), text=one.text) for one in record.changes],
    )


def triage_of(record: TriageRecord) -> Triage:
    """The triage of the schema for a record."""
    return Triage(
        standing=record.standing,
        assignee=None if record.assignee is None else Text(record.assignee),
        note=None if record.note is None else Text(record.note),
        changed_by=None if record.by is None else Text(record.by),
        changed=None if record.changed_ms is None else Time(record.changed_ms),
        version=record.version,
    )


def _candidate(candidate: StoredCandidate) -> Candidate:
    return Candidate(
        entity_id=strawberry.ID(candidate.node),
        flow_id=None if candidate.edge is None else strawberry.ID(candidate.edge),
        score=candidate.score,
        reason=candidate.reason,
    )


async def existing_alert(work: Work, id: str) -> Document:
    """The document of an alert. Raises NothingFound."""
    found = await work.ask(lambda: alert_document(work.store.documents(), id))
    if found is None:
        raise NothingFound(f"unknown alert {id[:80]}")
    return found


def alert_document(documents: Documents, id: str) -> Document | None:
    """The document of an alert, None for an invalid or unknown id."""
    return documents.get(KIND, id) if ALERT_ID.fullmatch(id) else None
