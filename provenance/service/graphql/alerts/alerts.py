"""Alerts and what became of them, as the service's queue keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import strawberry

from provenance.alerts.record import KIND, AlertRecord, State, shown
from provenance.errors import NothingFound
from provenance.ingest.identity import IdentityError, parse_id
from provenance.investigation.anchoring import alert_ms
from provenance.service.graphql.base.marks import TRIAGE, Mark, Standing, read_mark
from provenance.service.graphql.base.node import Info, Node, resolved
from provenance.service.graphql.base.scalars import Text, Time
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.graph import Entity, entity_of
from provenance.service.graphql.traces.traces import Trace, known_in, trace_of
from provenance.service.incidents import book as incidents_book
from provenance.store.documents import Document, Documents

INCIDENT_PREFIX = "incident:"
ALERT_ID = re.compile(r"a[0-9a-f]{32}")


@strawberry.type(description="One thing that an alert may speak of.")
class Candidate:
    """A candidate of the anchor."""

    entity_id: strawberry.ID = strawberry.field(description="Id of the entity.")
    flow_id: strawberry.ID | None = strawberry.field(description="Id of the flow that is meant; null for an entity.")
    score: float = strawberry.field(description="How well it fits, to compare within one alert.")
    reason: str = strawberry.field(description="Why.")

    @resolved("The entity; null when it is no longer in the store.")
    async def entity(self, info: Info) -> Entity | None:
        """The entity."""
        try:
            node = await info.context.node(parse_id(self.entity_id)[1])
        except IdentityError:
            return None
        return None if node is None else entity_of(node)


@strawberry.type(description="Where an alert stands with the people who look at it.")
class Triage:
    """Standing, assignee and note."""

    standing: Standing = strawberry.field(description="Where it stands.")
    assignee: Text | None = strawberry.field(description="Who looks at it; null for nobody.")
    note: Text | None = strawberry.field(description="What was noted; null for nothing.")
    changed_by: Text | None = strawberry.field(description="Whose token changed it last; null when nobody did.")
    changed: Time | None = strawberry.field(description="When; null when nobody did.")
    version: int = strawberry.field(description="To be given with a change, so that none is overwritten unseen.")


@strawberry.type(description="What was different when later logs changed the answer.")
class Difference:
    """An entry of an alert's history."""

    time: Time = strawberry.field(description="When it was computed again.")
    text: str = strawberry.field(description="What changed.")


@strawberry.type(description="An alert and what became of it.")
class Alert(Node):
    """An alert of the queue."""

    document: strawberry.Private[Document]
    id: strawberry.ID = strawberry.field(description="As `GET /alerts/ID` takes it.")
    source: Text = strawberry.field(description="The product that sent it.")
    external_id: Text = strawberry.field(description="Its id there.")
    title: Text = strawberry.field(description="Its title.")
    severity: str | None = strawberry.field(description="low, medium, high or critical; null when it says none.")
    time: Time | None = strawberry.field(description="When it happened; null when it does not say.")
    host_name: Text | None = strawberry.field(description="The host that it names; null when it names none.")
    received: Time = strawberry.field(description="When it came in.")
    state: State = strawberry.field(description="Where its automatic trace stands.")
    reason: str | None = strawberry.field(description="Why it waits or has failed; null otherwise.")
    verdict: str | None = strawberry.field(description="What the trace says in a sentence; null before it is done.")
    candidates: list[Candidate] = strawberry.field(description="What it may speak of, best first.")
    differences: list[Difference] = strawberry.field(description="What later logs changed, oldest first.")

    @resolved("Where it stands with the people who look at it.")
    async def triage(self, info: Info) -> Triage:
        """Its standing."""
        return triage_of(read_mark(await info.context.documents.load((TRIAGE, self.id))))

    @resolved("Id of its incident; null when it belongs to none.")
    async def incident_id(self, info: Info) -> strawberry.ID | None:
        """Its incident."""
        found = await info.context.documents.load((incidents_book.ALERT, self.id))
        return strawberry.ID(INCIDENT_PREFIX + found.state) if found is not None and found.state else None

    @resolved("The trace from it to the way in; null before it is done.")
    async def backtrack(self, info: Info) -> Trace | None:
        """Its backward trace, as it is stored."""
        return await self._stored(info, AlertRecord.of(self.document).backtrack)

    @resolved("The trace from the most probable way in to everything that was reached; null when no way in is known.")
    async def forward(self, info: Info) -> Trace | None:
        """The forward trace from its way in, as it is stored."""
        return await self._stored(info, AlertRecord.of(self.document).forward)

    async def _stored(self, info: Info, key: str | None) -> Trace | None:
        work = info.context
        found = await work.ask(lambda: work.engine.service.tracer.load(work.store.documents(), key))
        if found is None:
            return None
        known_in(found, info)
        return trace_of(found)


def alert_of(document: Document) -> Alert:
    """An alert as GraphQL shows it."""
    record = AlertRecord.of(document)
    alert, host, ms = record.alert, record.alert.body.get("host"), alert_ms(record.alert)
    return Alert(
        document=document,
        id=strawberry.ID(document.key),
        source=Text(alert.source),
        external_id=Text(alert.external_id),
        title=Text(alert.title),
        severity=record.severity,
        time=None if ms is None else Time(ms),
        host_name=Text(host) if isinstance(host, str) else None,
        received=Time(record.received),
        state=shown(document),
        reason=record.reason,
        verdict=record.verdict,
        candidates=[_candidate(candidate) for candidate in record.candidates],
        differences=[Difference(time=Time(one["time"]), text=one["text"]) for one in record.changes],
    )


def triage_of(mark: Mark) -> Triage:
    """A standing as GraphQL shows it."""
    return Triage(
        standing=mark.standing,
        assignee=None if mark.assignee is None else Text(mark.assignee),
        note=None if mark.note is None else Text(mark.note),
        changed_by=None if mark.by is None else Text(mark.by),
        changed=None if mark.changed_ms is None else Time(mark.changed_ms),
        version=mark.version,
    )


def _candidate(candidate: Mapping[str, Any]) -> Candidate:
    flow = candidate.get("edge")
    return Candidate(
        entity_id=strawberry.ID(candidate["node"]),
        flow_id=None if flow is None else strawberry.ID(flow),
        score=candidate["score"],
        reason=candidate["reason"],
    )


async def existing(work: Work, id: str) -> Document:
    """An alert's document. Raises NothingFound."""
    found = await work.ask(lambda: queue_document(work.store.documents(), id))
    if found is None:
        raise NothingFound(f"there is no alert {id[:80]}")
    return found


def queue_document(documents: Documents, id: str) -> Document | None:
    """An alert's document, None for what is no alert's id or is not there."""
    return documents.get(KIND, id) if ALERT_ID.fullmatch(id) else None
