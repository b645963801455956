"""Updates of incidents: by a traced alert, by a decision, and by a note of an analyst."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.errors import UsageError
from provenance.incidents.decisions import Decision
from provenance.incidents.hubs import fans, hubs
from provenance.incidents.links import links, suspects
from provenance.incidents.traced_alert import About, TracedAlert, story_steps, traced_alert
from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.investigation.investigate import Investigation
from provenance.service.incidents import regrouping, storage
from provenance.service.incidents.lock import incident_lock, require_written
from provenance.service.incidents.records import IncidentRecord, Note
from provenance.service.jobs import deliveries
from provenance.service.jobs.lease import Lease
from provenance.service.service import Service
from provenance.service.suppression import storage as suppression
from provenance.store.documents import Document
from provenance.store.interface import Store

_MOST_NOTES = 100


def update_incidents(service: Service, document: Document, investigation: Investigation) -> None:
    """Hides a traced alert, or assigns it to its incident and queues the messages about that incident. An alert that is in an
    incident is not hidden by a later rule. Raises StoreError, and can be called again then."""
    documents, now = service.documents, service.clock()
    record = AlertRecord.of(document)
    raised = _raised_ms(investigation, record.received)
    placed = storage.incident_of(documents, investigation.alert.id) is not None
    if not placed and suppression.hide(documents, investigation.alert, raised, now) is not None:
        return
    alert = as_traced_alert(service.store, investigation, raised)
    story = story_steps(investigation.backward)
    with incident_lock(documents):
        if documents.get(ALERT, document.key) is None:
            return  # Retention removed the alert while it was traced.
        change = regrouping.place(documents, alert, story, now)
    # An interrupted former attempt may have placed the alert without queueing the messages.
    interrupted = Lease.of(document).attempts > 1 or record.computed is None
    unannounced = (change.incident,) if interrupted else ()
    _announce(service, change.changed or unannounced)


def as_traced_alert(store: Store, investigation: Investigation, raised_ms: int) -> TracedAlert:
    """The part of an investigation that incidents are computed from."""
    alert, slice_ = investigation.alert, investigation.backward.slice
    around = suspects(slice_)
    forward = investigation.forward
    known = slice_.nodes if forward is None else {**forward.slice.nodes, **slice_.nodes}
    ties = links(slice_, hubs(around, fans(store, around, known)))
    severity = alert.fields.severity or "medium"
    return traced_alert(
        About(alert.id, alert.title, severity, raised_ms, alert.source),
        ties,
        investigation.backward,
        investigation.forward,
    )


def decide(service: Service, groups: Sequence[Sequence[str]], by: str) -> Mapping[str, str]:
    """Merges alerts into one incident (one group) or splits them (several groups), permanently; the incident of each touched
    alert, by the alert's id. Raises NothingFound, StoreError."""
    decision = Decision(tuple(tuple(dict.fromkeys(group)) for group in groups))
    with incident_lock(service.documents):
        changes = regrouping.decide(service.documents, decision, by, service.clock())
    changed = dict.fromkeys(id for change in changes.values() for id in change.changed)
    _announce(service, tuple(changed))
    return {alert: change.incident for alert, change in changes.items()}


def note(service: Service, id: str, by: str, state: str | None, assignee: str | None, text: str | None) -> Document:
    """Changes the state or the assignee of an incident, or adds a note to it. Raises NothingFound, UsageError, StoreError."""
    if state is not None and state not in storage.STATES:
        raise UsageError(f"state: invalid value {state!r}: expected one of {', '.join(storage.STATES)}")
    now = service.clock()
    with incident_lock(service.documents):
        document = storage.incident_document(service.documents, id)
        record = IncidentRecord.of(document)
        notes = (*record.notes, Note(by, now, state, assignee, text))[-_MOST_NOTES:]
        new_assignee = record.assignee if assignee is None else assignee or None
        body = replace(record, updated=now, notes=notes, assignee=new_assignee).to_body()
        require_written(service.documents.replace(document, body, state))
    _announce(service, (document.key,))
    return storage.incident_document(service.documents, document.key)


def _announce(service: Service, ids: Iterable[str]) -> None:
    deliveries.announce(service.documents, service.settings.outgoing, ids, service.clock())


def _raised_ms(investigation: Investigation, received_ms: int) -> int:
    """The time when an alert was raised: its own, else that of its anchor, else that of its receipt."""
    if investigation.anchoring.at_ms is not None:
        return investigation.anchoring.at_ms
    bounds = investigation.backward.slice.bounds
    moments = [bound for id in investigation.backward.slice.start if FIRST < (bound := bounds.get(id, LAST)) < LAST]
    return ms_of(max(moments)) if moments else received_ms
