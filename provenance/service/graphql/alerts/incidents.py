"""Incidents: alerts that tell one story, as the service keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from provenance.service.graphql.alerts.alerts import INCIDENT_PREFIX, Alert, alert_of, queue_document
from provenance.service.graphql.base.kinds import describe
from provenance.service.graphql.base.node import Info, Node, resolved
from provenance.service.graphql.base.pages import After, Connection, First, page
from provenance.service.graphql.base.scalars import BigInt, Text, Time, parse_time
from provenance.service.incidents import book as incidents_book
from provenance.service.incidents import updates as incidents
from provenance.store.documents import Document, Documents


class IncidentState(Enum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


describe(
    IncidentState,
    "IncidentState",
    "Where an incident stands with the people who look at it.",
    {
        "OPEN": "Nobody has looked at it since it last grew.",
        "ACKNOWLEDGED": "Somebody looks at it.",
        "CLOSED": "It is dealt with; another alert opens it again.",
    },
)


@strawberry.type(description="A host that an incident touches.")
class IncidentHost:
    """A host."""

    host_name: Text = strawberry.field(description="Its name.")
    first: Time = strawberry.field(description="When it was reached, on its own clock.")


@strawberry.type(description="A way in that the alerts of an incident lead back to.")
class IncidentEntry:
    """A way in."""

    time: Time = strawberry.field(description="When.")
    host_name: Text = strawberry.field(description="Where.")
    entity_id: strawberry.ID = strawberry.field(description="Id of the peer, session or process that came in.")
    flow_id: strawberry.ID | None = strawberry.field(
        description="By which flow; null for a process older than the log."
    )
    score: float = strawberry.field(description="How probable, to compare.")
    text: str = strawberry.field(description="What it is called.")
    reason: str = strawberry.field(description="Why.")


@strawberry.type(description="A step of an incident's story.")
class IncidentStep:
    """A step."""

    time: Time = strawberry.field(description="When, on the host's clock.")
    host_name: Text = strawberry.field(description="Where.")
    entity_id: strawberry.ID = strawberry.field(description="Id of the program or peer.")
    flow_id: strawberry.ID | None = strawberry.field(description="The flow that began it; null where there is none.")
    text: str = strawberry.field(description="What happened.")


@strawberry.type(description="What somebody noted or changed of an incident.")
class IncidentNote:
    """A note."""

    by: Text = strawberry.field(description="Whose token.")
    time: Time = strawberry.field(description="When.")
    state: IncidentState | None = strawberry.field(description="The state that was set; null when none was.")
    assignee: Text | None = strawberry.field(description="Who was to look at it; null when that was left as it was.")
    text: Text | None = strawberry.field(description="What was noted; null for nothing.")


@strawberry.type(description="Alerts that tell one story: one chain, one set of hosts, one score.")
class Incident(Node):
    """An incident. What it is made of is read once, when something of it is asked for."""

    document: strawberry.Private[Document]
    id: strawberry.ID = strawberry.field(description="`incident:` and the id that `GET /incidents/ID` takes.")
    title: Text = strawberry.field(description="What it is called.")
    state: IncidentState = strawberry.field(description="Where it stands.")
    severity: str = strawberry.field(description="That of its gravest alert: low, medium, high or critical.")
    score: float = strawberry.field(description="What to open first has most.")
    first: Time = strawberry.field(description="When it began.")
    last: Time = strawberry.field(description="When its last alert was raised.")
    updated: Time = strawberry.field(description="When it changed last.")
    hosts: list[IncidentHost] = strawberry.field(description="Hosts that it touches.")
    alert_count: BigInt = strawberry.field(description="How many alerts it holds.")
    assignee: Text | None = strawberry.field(description="Who looks at it; null for nobody.")

    @resolved("Its alerts, in order of time.")
    async def alerts(self, info: Info, first: First = 20, after: After = None) -> Connection[Alert]:
        """A page of its alerts."""
        work = info.context
        found = await work.ask(lambda: _alerts(work.store.documents(), self.document))
        return page(found, lambda one: (one[0],), lambda one: alert_of(one[1]), first, after, len(found))

    @resolved("The ways in that its alerts lead back to, best first.")
    async def entries(self, info: Info) -> list[IncidentEntry]:
        """Its ways in."""
        return [_entry(way) for way in (await self._whole(info))["entries"]]

    @resolved("Its one story, in order of time.")
    async def chain(self, info: Info) -> list[IncidentStep]:
        """Its chain."""
        return [_step(step) for step in (await self._whole(info))["chain"]]

    @resolved("What people noted and changed, oldest first.")
    async def notes(self, info: Info) -> list[IncidentNote]:
        """Its notes."""
        return [_note(said) for said in (await self._whole(info))["notes"]]

    async def _whole(self, info: Info) -> Mapping[str, Any]:
        work = info.context
        return await work.ask(lambda: incidents.whole(work.store.documents(), self.document))


def incident_of(document: Document) -> Incident:
    """An incident as GraphQL shows it."""
    known = incidents.brief(document)
    return Incident(
        document=document,
        id=strawberry.ID(INCIDENT_PREFIX + document.key),
        title=Text(known["title"]),
        state=IncidentState(document.state),
        severity=known["severity"],
        score=known["score"],
        first=parse_time(known["first"]),
        last=parse_time(known["last"]),
        updated=parse_time(known["updated"]),
        hosts=[IncidentHost(host_name=Text(host["host"]), first=parse_time(host["first"])) for host in known["hosts"]],
        alert_count=BigInt(known["alerts"]),
        assignee=None if known["assignee"] is None else Text(known["assignee"]),
    )


def found(documents: Documents, id: str) -> Document:
    """The incident with an id, with or without its prefix, or the one that it was merged into. Raises NothingFound."""
    return incidents_book.found(documents, id.removeprefix(INCIDENT_PREFIX))


def _alerts(documents: Documents, document: Document) -> list[tuple[int, Document]]:
    members = (queue_document(documents, alert.id) for alert in incidents_book.members(documents, document.key))
    return [(number, known) for number, known in enumerate(members) if known is not None]


def _flow(id: str | None) -> strawberry.ID | None:
    return None if id is None else strawberry.ID(id)


def _entry(way: Mapping[str, Any]) -> IncidentEntry:
    return IncidentEntry(
        time=parse_time(way["time"]),
        host_name=Text(way["host"]),
        entity_id=strawberry.ID(way["node"]),
        flow_id=_flow(way["edge"]),
        score=way["score"],
        text=way["text"],
        reason=way["reason"],
    )


def _step(step: Mapping[str, Any]) -> IncidentStep:
    return IncidentStep(
        time=parse_time(step["time"]),
        host_name=Text(step["host"]),
        entity_id=strawberry.ID(step["node"]),
        flow_id=_flow(step["edge"]),
        text=step["text"],
    )


def _note(said: Mapping[str, Any]) -> IncidentNote:
    state, assignee, text = (said.get(name) for name in ("state", "assignee", "text"))
    return IncidentNote(
        by=Text(said["by"]),
        time=parse_time(said["at"]),
        state=None if state is None else IncidentState(state),
        assignee=None if assignee is None else Text(assignee),
        text=None if text is None else Text(text),
    )
