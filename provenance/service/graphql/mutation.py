"""What can be changed: alerts, and what people say of them and of the graph. Every mutation needs the scope `alert`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from provenance.alerts.intake import Taken
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import State
from provenance.errors import NothingFound, UsageError
from provenance.retention.pins import PIN, PinRecord, pin
from provenance.service.alerts import queue
from provenance.service.alerts.intake import take_in
from provenance.service.alerts.triage import Change, Standing, change, short
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.alerts.alerts import Alert, Triage, alert_of, existing, triage_of
from provenance.service.graphql.alerts.incidents import Incident, IncidentState, found, incident_of
from provenance.service.graphql.base.errors import Refused
from provenance.service.graphql.base.node import AlertId, AnyId, IncidentId, Info, resolved
from provenance.service.graphql.base.scalars import Text
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.selecting import BudgetInput, budget_of
from provenance.service.graphql.lookup import lookup
from provenance.service.graphql.pins import Pin, pin_of
from provenance.service.graphql.traces.arguments import At, Start, Towards, Within
from provenance.service.incidents import book as incidents_book
from provenance.service.incidents import updates as incidents
from provenance.service.incidents.records import INCIDENT_PREFIX
from provenance.service.tracing import started
from provenance.service.tracing.start import StartRequest
from provenance.store.documents import Document
from provenance.text.escape import visible

_ALERTS = 100
_REASONS = 5


@strawberry.type(description="An alert that was submitted.")
class Submitted:
    """An alert and whether it is new."""

    alert: Alert = strawberry.field(description="The alert.")
    new: bool = strawberry.field(
        description="False when it was already received: the same source and id are the same alert."
    )


@strawberry.input(description="The changes of an alert's triage; a field that is null stays unchanged.")
class TriageInput:
    """A change."""

    standing: Standing | None = strawberry.field(default=None, description="The new state.")
    assignee: Text | None = strawberry.field(default=None, description="The new assignee; an empty text for nobody.")
    note: Text | None = strawberry.field(
        default=None, description="The new note, which replaces the former; an empty text for none."
    )
    version: int | None = strawberry.field(
        default=None,
        description="The version that the change is based on; if it is not the current one, "
        "nothing is changed (error `CONFLICT`).",
    )


@strawberry.type(description="All changes. They need a token with the scope `alert`.")
class Mutation:
    """The root of mutations."""

    @resolved(
        f"Submit alerts, at most {_ALERTS} at once. Each is traced when a worker is free. A part of the body that is not an alert"
        " is stored as a dead letter, and the mutation fails; the `extensions` of its error list the `deadLetters`, and the"
        " `alerts` that were accepted."
    )
    async def submit_alerts(
        self,
        info: Info,
        body: Annotated[
            str,
            strawberry.argument(
                description="The alerts, in the format of their product or in the format `provenance`."
            ),
        ],
        format: Annotated[
            str | None, strawberry.argument(description="The format of the alerts; null to recognise it.")
        ] = None,
    ) -> list[Submitted]:
        """Read alerts and put them into the queue."""
        work = _allowed(info)
        return await work.ask(lambda: _submit(work, body, format))

    @resolved("Change the state, the assignee and the note that analysts gave an alert.")
    async def triage_alert(
        self,
        info: Info,
        id: AlertId,
        change_to: Annotated[TriageInput, strawberry.argument(description="The changes.")],
    ) -> Triage:
        """Change an alert's standing."""
        work = _allowed(info)
        await existing(work, id)
        asked = Change(change_to.standing, change_to.assignee, change_to.note, change_to.version)
        now, who = work.engine.service.clock(), work.principal.name
        return triage_of(await work.ask(lambda: change(work.store.documents(), id, asked, who, now)))

    @resolved("Put a failed, waiting or finished alert into the queue again.")
    async def retry_alert(self, info: Info, id: AlertId) -> Alert:
        """Trace an alert again."""
        work = _allowed(info)
        document = await existing(work, id)
        if document.state != State.RUNNING.value:
            await work.ask(lambda: queue.put_back(work.store.documents(), document, again=True))
            work.engine.service.wake()
        return alert_of(await existing(work, id))

    @resolved("Change the state or the assignee of an incident, or add a note to it.")
    async def note_incident(
        self,
        info: Info,
        id: IncidentId,
        state: Annotated[
            IncidentState | None, strawberry.argument(description="The new state; null to leave it unchanged.")
        ] = None,
        assignee: Annotated[
            Text | None,
            strawberry.argument(description="The new assignee, empty for nobody; null to leave it unchanged."),
        ] = None,
        note: Annotated[Text | None, strawberry.argument(description="The note; null for none.")] = None,
    ) -> Incident:
        """Note something of an incident."""
        work = _allowed(info)
        if state is None and assignee is None and note is None:
            raise UsageError("nothing to change: give state, assignee or note")
        short(assignee, note)
        service, who, named = work.engine.service, work.principal.name, None if state is None else state.value
        return incident_of(
            await work.ask(
                lambda: incidents.note(service, id.removeprefix(INCIDENT_PREFIX), who, named, assignee, note)
            )
        )

    @resolved("Merge an incident with others. The merge stays in effect when alerts are grouped again.")
    async def merge_incidents(
        self,
        info: Info,
        id: IncidentId,
        others: Annotated[list[strawberry.ID], strawberry.argument(description="Ids of the other incidents.")],
    ) -> Incident:
        """Put incidents together."""
        work = _allowed(info)
        return incident_of(await work.ask(lambda: _merge(work, [id, *others])))

    @resolved("Move alerts out of an incident into a new one. The split stays in effect when alerts are grouped again.")
    async def split_incident(
        self,
        info: Info,
        id: IncidentId,
        alerts: Annotated[list[strawberry.ID], strawberry.argument(description="Ids of the alerts to move.")],
    ) -> list[Incident]:
        """Take an incident apart: what is left of it, then the new one."""
        work = _allowed(info)
        return [incident_of(document) for document in await work.ask(lambda: _split(work, id, alerts))]

    @resolved("Pin an entity or flow with a comment. If it is already pinned, the comment is replaced.")
    async def pin(
        self,
        info: Info,
        id: AnyId,
        comment: Annotated[Text, strawberry.argument(description="The comment: why it matters.")],
    ) -> Pin:
        """Pin something."""
        work = _allowed(info)
        if await lookup(work, id) is None:
            raise NothingFound(f"{id[:80]} is not in the store")
        now, who = work.engine.service.clock(), work.principal.name
        short(comment)
        record = PinRecord(comment, who, now)
        return pin_of(await work.ask(lambda: pin(work.store.documents(), id, record)))

    @resolved("Remove a pin; false when there was none.")
    async def unpin(self, info: Info, id: AnyId) -> bool:
        """Unpin something."""
        work = _allowed(info)
        return await work.ask(lambda: work.store.documents().remove(PIN, id))

    @resolved(
        "Start a trace that runs in the background, with its own limits. It continues after a restart of "
        "the server. Follow it with `startedTrace`."
    )
    async def start_trace(
        self, info: Info, direction: Towards, start: Start, at: At = None, budget: Within = None
    ) -> strawberry.ID:
        """The id of a trace that is in the queue."""
        work = _allowed(info)
        limits, within = work.engine.limits, budget_of(budget or BudgetInput(), work.engine.limits)
        request = StartRequest(direction, start.selection(), at, within, limits.trace_seconds)
        now, who = work.engine.service.clock(), work.principal.name
        id = await work.ask(lambda: started.start(work.store.documents(), request, who, now))
        if id is None:
            raise Refused("TOO_OFTEN", f"{started.OPEN} started traces still run or wait: stop one, or wait")
        work.engine.service.wake()
        return strawberry.ID(id)

    @resolved("Stop a started trace; false when it is finished or unknown.")
    async def stop_trace(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id that `startTrace` returned.")],
    ) -> bool:
        """Stop a trace's work."""
        work = _allowed(info)
        return await work.ask(lambda: started.stop(work.store.documents(), id))


def _allowed(info: Info) -> Work:
    work: Work = info.context
    work.require(Scope.ALERT)
    return work


def _submit(work: Work, body: str, format: str | None) -> list[Submitted]:
    service = work.engine.service
    taken = take_in(service, body.encode("utf-8", "surrogatepass"), format, _ALERTS)
    if taken.refused:
        raise _refusal(taken)
    kept = service.documents.get_many([(ALERT, one.id) for one in taken.alerts])
    return [
        Submitted(alert=alert_of(document), new=one.new)
        for document, one in zip(kept, taken.alerts, strict=True)
        if document is not None
    ]


def _refusal(taken: Taken) -> Refused:
    """What was no alert is kept as a dead letter, and what was one is in the queue all the same."""
    told = "; ".join(f"{visible(one.place)}: {visible(one.reason)}" for one, _ in taken.refused[:_REASONS])
    letters = [key for _, key in taken.refused if key is not None]
    details = {"alerts": [one.id for one in taken.alerts], "deadLetters": letters[:_ALERTS]}
    return Refused("BAD_INPUT", f"{len(taken.refused)} of these are no alerts: {told}", details)


def _merge(work: Work, ids: Sequence[str]) -> Document:
    if len(ids) > _ALERTS:
        raise UsageError(f"{len(ids)} incidents: at most {_ALERTS} at once")
    documents = work.store.documents()
    kept = [incidents_book.members(documents, found(documents, id).key) for id in ids]
    group = list(dict.fromkeys(alert.id for alerts in kept for alert in alerts))
    homes = incidents.decide(work.engine.service, [group], work.principal.name)
    return incidents_book.found(documents, homes[group[0]])


def _split(work: Work, id: str, alerts: Sequence[str]) -> list[Document]:
    documents = work.store.documents()
    there = [alert.id for alert in incidents_book.members(documents, found(documents, id).key)]
    out, rest = [one for one in there if one in alerts], [one for one in there if one not in alerts]
    if not out or not rest or set(alerts) - set(there):
        raise UsageError("these are not some of the alerts of the incident: name at least one, and leave at least one")
    homes = incidents.decide(work.engine.service, [rest, out], work.principal.name)
    return [incidents_book.found(documents, homes[group[0]]) for group in (rest, out)]
