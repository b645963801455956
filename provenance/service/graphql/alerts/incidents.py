"""The incidents of the schema: alerts about one attack."""

from __future__ import annotations

from enum import Enum

import strawberry

from provenance.incidents.score import score
from provenance.incidents.traced_alert import StoryStep, Way
from provenance.service.graphql.alerts.alerts import Alert, alert_document, alert_of
from provenance.service.graphql.base.kinds import describe
from provenance.service.graphql.base.node import Info, Node, field
from provenance.service.graphql.base.pages import After, Connection, First, page
from provenance.service.graphql.base.scalars import BigInt, Text, Time
from provenance.service.incidents import storage
from provenance.service.incidents.records import INCIDENT_PREFIX, IncidentRecord, Note
from provenance.service.incidents.views import chain_of
from provenance.store.documents import Document, Documents


class IncidentState(Enum):
    """The state of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


describe(
    IncidentState,
    "IncidentState",
    "The state that analysts gave an incident.",
    {
        "OPEN": "Nobody has handled it since its last alert joined.",
        "ACKNOWLEDGED": "Somebody is handling it.",
        "CLOSED": "It is closed; another alert opens it again.",
    },
)


@strawberry.type(description="A host that an incident reaches.")
class IncidentHost:
    """A host that an incident reaches."""

    host_name: Text = strawberry.field(description="The name.")
    first: Time = strawberry.field(description="The time when the trace reaches the host, on the host's clock.")


@strawberry.type(description="A way in that the alerts of an incident lead back to.")
class IncidentEntry:
    """A way in of an incident."""

    time: Time = strawberry.field(description="The time.")
    host_name: Text = strawberry.field(description="The host.")
    entity_id: strawberry.ID = strawberry.field(
        description="Id of the peer, the session, or the process older than the log."
    )
    flow_id: strawberry.ID | None = strawberry.field(
        description="Id of the flow by which it came in; null for a process older than the log."
    )
    score: float = strawberry.field(description="How probable it is, 0 to 1.")
    text: str = strawberry.field(description="The title.")
    reason: str = strawberry.field(description="The reason.")


@strawberry.type(description="A step of an incident's story.")
class IncidentStep:
    """A step of the story."""

    time: Time = strawberry.field(description="The time, on the host's clock.")
    host_name: Text = strawberry.field(description="The host.")
    entity_id: strawberry.ID = strawberry.field(description="Id of the program or peer.")
    flow_id: strawberry.ID | None = strawberry.field(
        description="The flow that started the step; null where there is none."
    )
    account: Text | None = strawberry.field(
        description="In whose name it was done: a name, or `uid N`; several in order of time, as `root, then www-data`. Null"
        " where no record says it."
    )
    text: str = strawberry.field(description="What happened.")
    confidence: float = strawberry.field(
        description="How certain it is, 0 to 1, that the trace leads to the program and its host, where connections are guessed."
    )
    doubt: Text = strawberry.field(
        description="Why the step may not belong to the story; empty if nothing speaks for that."
    )


@strawberry.type(description="A note on an incident, or a change of it, by an analyst.")
class IncidentNote:
    """A note or change by an analyst."""

    by: Text = strawberry.field(description="The name of the token that was used.")
    time: Time = strawberry.field(description="The time.")
    state: IncidentState | None = strawberry.field(description="The new state; null when it was not changed.")
    assignee: Text | None = strawberry.field(description="The new assignee; null when it was not changed.")
    text: Text | None = strawberry.field(description="The note; null without one.")


@strawberry.type(description="An incident: alerts about one attack, with one story, one set of hosts and one score.")
class Incident(Node):
    """An incident. Its ways in, story and notes are read when one of them is requested."""

    document: strawberry.Private[Document]
    id: strawberry.ID = strawberry.field(description="`incident:` and the id of `GET /incidents/ID`.")
    title: Text = strawberry.field(description="The title.")
    state: IncidentState = strawberry.field(description="The state.")
    severity: str = strawberry.field(
        description="The severity of its most severe alert: low, medium, high or critical."
    )
    score: float = strawberry.field(description="How urgent the incident is, 0 to 100.")
    first: Time = strawberry.field(description="The time when it began.")
    last: Time = strawberry.field(description="The time of its last alert.")
    updated: Time = strawberry.field(description="The time of the last change.")
    hosts: list[IncidentHost] = strawberry.field(description="The hosts that the incident reaches.")
    alert_count: BigInt = strawberry.field(description="The number of its alerts.")
    assignee: Text | None = strawberry.field(description="The analyst who handles it; null for nobody.")

    @field("The incident's alerts, in order of time.")
    async def alerts(self, info: Info, first: First = 20, after: After = None) -> Connection[Alert]:
        """A page of its alerts."""
        work = info.context
        found = await work.ask(lambda: _alerts(work.store.documents(), self.document))
        return page(found, lambda one: (one[0],), lambda one: alert_of(one[1]), first, after, len(found))

    @field("The ways in that the incident's alerts lead back to, the most probable first.")
    def entries(self) -> list[IncidentEntry]:
        """Its ways in."""
        return [_entry(way) for way in IncidentRecord.of(self.document).summary.ways]

    @field("The steps of the incident's story, in order of time.")
    async def chain(self, info: Info) -> list[IncidentStep]:
        """The steps of its story."""
        work = info.context
        return [_step(step) for step in await work.ask(lambda: chain_of(work.store.documents(), self.document))]

    @field("The notes and changes of analysts, oldest first.")
    def notes(self) -> list[IncidentNote]:
        """Its notes."""
        return [_note(note) for note in IncidentRecord.of(self.document).notes]


def incident_of(document: Document) -> Incident:
    """The incident of the schema for a document."""
    record = IncidentRecord.of(document)
    summary = record.summary
    return Incident(
        document=document,
        id=strawberry.ID(INCIDENT_PREFIX + document.key),
        title=Text(summary.title),
        state=IncidentState(document.state),
        severity=summary.severity,
        score=score(summary),
        first=Time(summary.first),
        last=Time(summary.last),
        updated=Time(record.updated),
        hosts=[IncidentHost(host_name=Text(host), first=Time(ms)) for host, ms in summary.hosts_by_time()],
        alert_count=BigInt(summary.count),
        assignee=None if record.assignee is None else Text(record.assignee),
    )


def incident_document(documents: Documents, id: str) -> Document:
    """The document of the incident with an id, with or without its prefix, or of the one that it was merged into. Raises
    NothingFound."""
    return storage.incident_document(documents, id.removeprefix(INCIDENT_PREFIX))


def _alerts(documents: Documents, document: Document) -> list[tuple[int, Document]]:
    members = (alert_document(documents, alert.id) for alert in storage.alerts_in(documents, document.key))
    return [(number, known) for number, known in enumerate(members) if known is not None]


def _flow(id: str | None) -> strawberry.ID | None:
    return None if id is None else strawberry.ID(id)


def _entry(way: Way) -> IncidentEntry:
    return IncidentEntry(
        time=Time(way.ms),
        host_name=Text(way.host),
        entity_id=strawberry.ID(way.node),
        flow_id=_flow(way.edge),
        score=way.score,
        text=way.text,
        reason=way.reason,
    )


def _step(step: StoryStep) -> IncidentStep:
    return IncidentStep(
        time=Time(step.ms),
        host_name=Text(step.host),
        entity_id=strawberry.ID(step.node),
        flow_id=_flow(step.edge),
        account=Text(step.account) if step.account else None,
        text=step.text,
        confidence=step.confidence,
        doubt=Text(step.doubt),
    )


def _note(note: Note) -> IncidentNote:
    return IncidentNote(
        by=Text(note.by),
        time=Time(note.at),
        state=None if note.state is None else IncidentState(note.state),
        assignee=None if note.assignee is None else Text(note.assignee),
        text=None if note.text is None else Text(note.text),
    )
