"""The mutations: changes of alerts, incidents, pins and started traces. Every mutation needs the scope `alert`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from provenance.alerts.intake import IntakeResult
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import State
from provenance.errors import NothingFound, UsageError
from provenance.retention.pins import PIN, PinRecord, pin
from provenance.service.alerts import queue
from provenance.service.alerts.intake import receive
from provenance.service.alerts.triage import Change, Standing, change, check_lengths
from provenance.service.auth.tokens import Scope
from provenance.service.graphql.alerts.alerts import Alert, Triage, alert_of, existing_alert, triage_of
from provenance.service.graphql.alerts.incidents import Incident, IncidentState, incident_document, incident_of
from provenance.service.graphql.base.errors import OperationRejected
from provenance.service.graphql.base.node import AlertId, AnyId, IncidentId, Info, field
from provenance.service.graphql.base.scalars import Text
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.selecting import BudgetInput, budget_of
from provenance.service.graphql.lookup import lookup
from provenance.service.graphql.pins import Pin, pin_of
from provenance.service.graphql.traces.arguments import At, Start, Towards, Within
from provenance.service.incidents import storage
from provenance.service.incidents import updates as incidents
from provenance.service.incidents.records import INCIDENT_PREFIX
from provenance.service.tracing import started_traces
from provenance.service.tracing.start import StartRequest
from provenance.store.documents import Document
from provenance.text.counts import counted
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
    """A change of a triage."""

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

    @field(
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
        """Puts alerts into the queue."""
        work = _authorized(info)
        return await work.ask(lambda: _submit(work, body, format))

    @field("Change the state, the assignee and the note that analysts gave an alert.")
    async def triage_alert(
        self,
        info: Info,
        id: AlertId,
        change_to: Annotated[TriageInput, strawberry.argument(description="The changes.")],
    ) -> Triage:
        """Changes the triage of an alert."""
        work = _authorized(info)
        await existing_alert(work, id)
        new = Change(change_to.standing, change_to.assignee, change_to.note, change_to.version)
        now, who = work.engine.service.clock(), work.principal.name
        return triage_of(await work.ask(lambda: change(work.store.documents(), id, new, who, now)))

    @field("Put a failed, waiting or finished alert into the queue again.")
    async def retry_alert(self, info: Info, id: AlertId) -> Alert:
        """Puts an alert into the queue again."""
        work = _authorized(info)
        document = await existing_alert(work, id)
        if document.state != State.RUNNING.value:
            await work.ask(lambda: queue.put_back(work.store.documents(), document, again=True))
            work.engine.service.wake()
        return alert_of(await existing_alert(work, id))

    @field("Change the state or the assignee of an incident, or add a note to it.")
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
        """Changes an incident or adds a note to it."""
        work = _authorized(info)
        if state is None and assignee is None and note is None:
            raise UsageError("nothing to change: give state, assignee or note")
        check_lengths(assignee, note)
        service, who, new_state = work.engine.service, work.principal.name, None if state is None else state.value
        return incident_of(
            await work.ask(
                lambda: incidents.note(service, id.removeprefix(INCIDENT_PREFIX), who, new_state, assignee, note)
            )
        )

    @field("Merge an incident with others. The merge stays in effect when alerts are grouped again.")
    async def merge_incidents(
        self,
        info: Info,
        id: IncidentId,
        others: Annotated[list[strawberry.ID], strawberry.argument(description="Ids of the other incidents.")],
    ) -> Incident:
        """Merges incidents."""
        work = _authorized(info)
        return incident_of(await work.ask(lambda: _merge(work, [id, *others])))

    @field("Move alerts out of an incident into a new one. The split stays in effect when alerts are grouped again.")
    async def split_incident(
        self,
        info: Info,
        id: IncidentId,
        alerts: Annotated[list[strawberry.ID], strawberry.argument(description="Ids of the alerts to move.")],
    ) -> list[Incident]:
        """Splits an incident: the former one without the alerts, then the new one."""
        work = _authorized(info)
        return [incident_of(document) for document in await work.ask(lambda: _split(work, id, alerts))]

    @field("Pin an entity or flow with a comment. If it is already pinned, the comment is replaced.")
    async def pin(
        self,
        info: Info,
        id: AnyId,
        comment: Annotated[Text, strawberry.argument(description="The comment: why it matters.")],
    ) -> Pin:
        """Pins an entity or flow."""
        work = _authorized(info)
        if await lookup(work, id) is None:
            raise NothingFound(f"{id[:80]} is not in the store")
        now, who = work.engine.service.clock(), work.principal.name
        check_lengths(comment)
        record = PinRecord(comment, who, now)
        return pin_of(await work.ask(lambda: pin(work.store.documents(), id, record)))

    @field("Remove a pin; false when there was none.")
    async def unpin(self, info: Info, id: AnyId) -> bool:
        """Removes a pin."""
        work = _authorized(info)
        return await work.ask(lambda: work.store.documents().remove(PIN, id))

    @field(
        "Start a trace that runs in the background, with its own limits. It continues after a restart of "
        "the server. Follow it with `startedTrace`."
    )
    async def start_trace(
        self, info: Info, direction: Towards, start: Start, at: At = None, budget: Within = None
    ) -> strawberry.ID:
        """Puts a trace into the queue and returns its id."""
        work = _authorized(info)
        limits, requested = work.engine.limits, budget or BudgetInput()
        trace_budget = budget_of(requested, limits)
        seconds, steps = limits.trace_seconds, requested.steps
        request = StartRequest(direction, start.selection(), at, trace_budget, seconds, steps)
        now, who = work.engine.service.clock(), work.principal.name
        id = await work.ask(lambda: started_traces.start(work.store.documents(), request, who, now))
        if id is None:
            raise OperationRejected(
                "TOO_OFTEN",
                f"too many started traces: {started_traces.MOST_OPEN} are running or queued; stop one, or wait",
            )
        work.engine.service.wake()
        return strawberry.ID(id)

    @field("Stop a started trace; false when it is finished or unknown.")
    async def stop_trace(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id that `startTrace` returned.")],
    ) -> bool:
        """Stops a started trace."""
        work = _authorized(info)
        return await work.ask(lambda: started_traces.stop(work.store.documents(), id))


def _authorized(info: Info) -> Work:
    work: Work = info.context
    work.require(Scope.ALERT)
    return work


def _submit(work: Work, body: str, format: str | None) -> list[Submitted]:
    service = work.engine.service
    result = receive(service, body.encode("utf-8", "surrogatepass"), format, _ALERTS)
    if result.rejects:
        raise _rejection(result)
    stored = service.documents.get_many([(ALERT, one.id) for one in result.alerts])
    return [
        Submitted(alert=alert_of(document), new=one.new)
        for document, one in zip(stored, result.alerts, strict=True)
        if document is not None
    ]


def _rejection(result: IntakeResult) -> OperationRejected:
    """The error about rejected parts. They are stored as dead letters, and the accepted alerts are in the queue all the same."""
    reasons = "; ".join(f"{visible(one.place)}: {visible(one.reason)}" for one, _ in result.rejects[:_REASONS])
    letters = [key for _, key in result.rejects if key is not None]
    details = {"alerts": [one.id for one in result.alerts], "deadLetters": letters[:_ALERTS]}
    return OperationRejected(
        "BAD_INPUT", f"{counted(len(result.rejects), 'part')} of the body rejected: {reasons}", details
    )


def _merge(work: Work, ids: Sequence[str]) -> Document:
    if len(ids) > _ALERTS:
        raise UsageError(f"too many incidents: {len(ids)}, at most {_ALERTS} at once are allowed")
    documents = work.store.documents()
    members = [storage.alerts_in(documents, incident_document(documents, id).key) for id in ids]
    group = list(dict.fromkeys(alert.id for alerts in members for alert in alerts))
    homes = incidents.decide(work.engine.service, [group], work.principal.name)
    return storage.incident_document(documents, homes[group[0]])


def _split(work: Work, id: str, alerts: Sequence[str]) -> list[Document]:
    documents = work.store.documents()
    all_alerts = [alert.id for alert in storage.alerts_in(documents, incident_document(documents, id).key)]
    moved, rest = [one for one in all_alerts if one in alerts], [one for one in all_alerts if one not in alerts]
    if not moved or not rest or set(alerts) - set(all_alerts):
        raise UsageError("alerts: expected at least one alert of the incident, and at least one must stay in it")
    homes = incidents.decide(work.engine.service, [rest, moved], work.principal.name)
    return [storage.incident_document(documents, homes[group[0]]) for group in (rest, moved)]
