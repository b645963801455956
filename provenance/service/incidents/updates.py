"""What happens to incidents when an alert is done, and how they look to the outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.errors import StoreBusy, UsageError
from provenance.incidents.decisions import Decision
from provenance.incidents.hubs import fans, hubs
from provenance.incidents.links import links, suspects
from provenance.incidents.traced import About, TracedAlert, story_steps, traced_alert
from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.investigation.investigate import Investigation
from provenance.service.incidents import book
from provenance.service.incidents import regrouping as incidents_anew
from provenance.service.incidents.records import IncidentRecord, Note
from provenance.service.incidents.turn import turn
from provenance.service.jobs import deliveries
from provenance.service.jobs.lease import Lease
from provenance.service.service import Service
from provenance.service.suppression import book as suppression_book
from provenance.store.documents import Document
from provenance.store.interface import Store
from provenance.trace.surroundings import skews_of

_NOTES = 100


def after_done(service: Service, document: Document, done: Investigation) -> None:
    """An alert was traced, or traced again: it is hidden, or it joins its incident, and whoever is to be told of that
    incident will be. What is in an incident is not hidden by rules that come later. Raises StoreError; may be called again
    then."""
    documents, now = service.documents, service.clock()
    record = AlertRecord.of(document)
    raised = _raised(done, record.received)
    placed = book.incident_of(documents, done.alert.id) is not None
    if not placed and suppression_book.hide(documents, done.alert, raised, now) is not None:
        return
    alert, story = traced(service.store, done, raised), story_steps(done.backward, skews_of(service.store.hosts()))
    with turn(documents):
        if documents.get(ALERT, document.key) is None:
            return  # Retention took it while it was traced.
        change = incidents_anew.place(documents, alert, story, now)
    # A former try that did not come to its end may have put the alert there and told nobody.
    broken_off = Lease.of(document).attempts > 1 or record.computed is None
    untold = (change.incident,) if broken_off else ()
    _announce(service, change.changed or untold)


def traced(store: Store, done: Investigation, raised_ms: int) -> TracedAlert:
    """What incidents need of an investigation."""
    alert, slice_ = done.alert, done.backward.slice
    around = suspects(slice_)
    ties = links(slice_, hubs(around, fans(store, around)))
    severity = str(alert.body.get("severity") or "medium")
    return traced_alert(
        About(alert.id, alert.title, severity, raised_ms, alert.source), ties, done.backward, done.forward
    )


def decide(service: Service, groups: Sequence[Sequence[str]], by: str) -> Mapping[str, str]:
    """Put alerts together (one group) or apart (several), for good; the incident of each alert that is touched. Raises
    NothingFound, StoreError."""
    decision = Decision(tuple(tuple(dict.fromkeys(group)) for group in groups))
    with turn(service.documents):
        changes = incidents_anew.decide(service.documents, decision, by, service.clock())
    changed = dict.fromkeys(id for change in changes.values() for id in change.changed)
    _announce(service, tuple(changed))
    return {alert: change.incident for alert, change in changes.items()}


def note(service: Service, id: str, by: str, state: str | None, assignee: str | None, text: str | None) -> Document:
    """Change an incident's state or assignee, or write a note to it. Raises NothingFound, UsageError, StoreError."""
    if state is not None and state not in book.STATES:
        raise UsageError(f"state: one of {', '.join(book.STATES)}")
    now = service.clock()
    with turn(service.documents):
        document = book.found(service.documents, id)
        record = IncidentRecord.of(document)
        notes = (*record.notes, Note(by, now, state, assignee, text))[-_NOTES:]
        holder = record.assignee if assignee is None else assignee or None
        body = replace(record, updated=now, notes=notes, assignee=holder).to_body()
        if not service.documents.replace(document, body, state):
            raise StoreBusy("incidents were changed by another server meanwhile")
    _announce(service, (document.key,))
    return book.found(service.documents, document.key)


def _announce(service: Service, ids: Iterable[str]) -> None:
    deliveries.announce(service.documents, service.settings.outgoing, ids, service.clock())


def _raised(done: Investigation, received_ms: int) -> int:
    """When an alert was raised: by itself, else by what it was anchored to, else when it came in."""
    if done.anchoring.at_ms is not None:
        return done.anchoring.at_ms
    bounds = done.backward.slice.bounds
    moments = [bound for id in done.backward.slice.start if FIRST < (bound := bounds.get(id, LAST)) < LAST]
    return ms_of(max(moments)) if moments else received_ms
