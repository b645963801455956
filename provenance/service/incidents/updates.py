"""What happens to incidents when an alert is done, and how they look to the outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.errors import StoreBusy, UsageError
from provenance.incidents.decisions import Decision
from provenance.incidents.hubs import fans, hubs
from provenance.incidents.links import links, suspects
from provenance.incidents.score import parts, score
from provenance.incidents.story import merged
from provenance.incidents.traced import SEVERITIES, About, StoryStep, TracedAlert, Way, story_steps, traced_alert
from provenance.ingest.clock import FIRST, LAST, ms_of, rfc3339
from provenance.investigation.investigate import Investigation
from provenance.service.incidents import book
from provenance.service.incidents import regrouping as incidents_anew
from provenance.service.incidents.turn import turn
from provenance.service.jobs import deliveries
from provenance.service.jobs.lease import Lease
from provenance.service.service import Service
from provenance.service.suppression import book as suppression_book
from provenance.store.documents import Document, Documents
from provenance.store.interface import Store
from provenance.trace.surroundings import skews_of

FORMAT = "provenance-incident/1"
_STORIES = 40
"""Alerts whose stories make an incident's: the gravest, then the first."""
_NOTES = 100
_MEMBERS = 2_000
"""Alerts that are listed with an incident, the first ones; `count` says how many there are."""


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
    said = {"by": by, "at": now, "state": state, "assignee": assignee, "text": text}
    with turn(service.documents):
        document = book.found(service.documents, id)
        body = dict(document.body) | {"updated": now, "notes": [*document.body["notes"], said][-_NOTES:]}
        if assignee is not None:
            body["assignee"] = assignee or None
        if not service.documents.replace(document, body, state):
            raise StoreBusy("incidents were changed by another server meanwhile")
    _announce(service, (document.key,))
    return book.found(service.documents, document.key)


def _announce(service: Service, ids: Iterable[str]) -> None:
    deliveries.announce(service.documents, service.settings.outgoing, ids, service.clock())


def brief(document: Document) -> dict[str, Any]:
    """An incident in a list."""
    body, said = document.body, book.summary_of(document)
    hosts = sorted(said.hosts.items(), key=lambda item: (item[1], item[0]))
    return {
        "incident": document.key,
        "state": document.state,
        "title": said.title,
        "severity": said.severity,
        "score": score(said),
        "first": rfc3339(said.first),
        "last": rfc3339(said.last),
        "hosts": [{"host": host, "first": rfc3339(ms)} for host, ms in hosts],
        "alerts": said.count,
        "assignee": body.get("assignee"),
        "updated": rfc3339(body["updated"]),
    }


def whole(documents: Documents, document: Document) -> dict[str, Any]:
    """An incident with its alerts, its ways in and its one chain: what `GET /incidents/ID` and webhooks give."""
    alerts = list(islice(book.members(documents, document.key), _MEMBERS))
    gravest = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.severity), alert.ms, alert.id))
    chain = merged(book.stories(documents, [alert.id for alert in gravest[:_STORIES]]))
    said = book.summary_of(document)
    return {"format": FORMAT, **brief(document)} | {
        "count": said.count,
        "score_parts": parts(said),
        "damage": asdict(said.damage),
        "entries": [_way(way) for way in said.ways],
        "alerts": [_member(alert) for alert in alerts],
        "chain": [_step(step) for step in chain],
        "notes": [dict(note) | {"at": rfc3339(note["at"])} for note in document.body["notes"]],
    }


def _way(way: Way) -> dict[str, Any]:
    shown = asdict(way)
    return {"time": rfc3339(shown.pop("ms"))} | shown


def _member(alert: TracedAlert) -> dict[str, Any]:
    return {
        "alert": alert.id,
        "source": alert.source,
        "title": alert.title,
        "severity": alert.severity,
        "time": rfc3339(alert.ms),
        "ties": list(alert.links),
    }


def _step(step: StoryStep) -> dict[str, Any]:
    return {"time": rfc3339(step.ms), "host": step.host, "node": step.node, "edge": step.edge, "text": step.text}


def _raised(done: Investigation, received_ms: int) -> int:
    """When an alert was raised: by itself, else by what it was anchored to, else when it came in."""
    if done.anchoring.at_ms is not None:
        return done.anchoring.at_ms
    bounds = done.backward.slice.bounds
    moments = [bound for id in done.backward.slice.start if FIRST < (bound := bounds.get(id, LAST)) < LAST]
    return ms_of(max(moments)) if moments else received_ms
