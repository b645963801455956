"""Storage of incidents as documents (`records`).

The document of an alert in an incident is the only place that says which incident the alert is in; everything else is derived
from these documents. Every change is made under the lock of incidents (`lock`), and is repeated from the beginning if a server
died during it. A new alert with ties to one incident without decisions is added to the summary of that incident (`add_alert`);
in all other cases the incidents that a change may touch are computed again from all their alerts (`regrouping`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from provenance.errors import NothingFound
from provenance.incidents import summary
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import incident_id
from provenance.incidents.score import score
from provenance.incidents.summary import Summary
from provenance.incidents.traced_alert import StoryStep, TracedAlert
from provenance.service.incidents import records
from provenance.service.incidents.lock import require_written
from provenance.service.incidents.records import (
    ALERT,
    DECISION,
    INCIDENT,
    MOVED,
    STORY,
    DecisionRecord,
    IncidentRecord,
)
from provenance.service.incidents.ties import add_ties
from provenance.store.documents import Document, Documents, Place

STATES = ("open", "acknowledged", "closed")
OPEN, CLOSED = STATES[0], STATES[2]
_RANK = 1_000_000
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """The result of a change: the incident of the alert, and all incidents that changed."""

    incident: str
    changed: tuple[str, ...]


def incident_of(documents: Documents, alert: str) -> str | None:
    """The id of an alert's incident, None without one."""
    document = documents.get(ALERT, alert)
    return document.state or None if document is not None else None


def incident_document(documents: Documents, id: str) -> Document:
    """The document of an incident, or of the incident that it was merged into. Raises NothingFound."""
    seen: set[str] = set()
    while id not in seen:
        seen.add(id)
        document = documents.get(INCIDENT, id)
        if document is not None:
            return document
        moved = documents.get(MOVED, id)
        if moved is None:
            break
        id = records.successor_of(moved)
    raise NothingFound(f"unknown incident {id[:80]!r}")


def alerts_in(documents: Documents, id: str) -> Iterator[TracedAlert]:
    """The alerts of an incident, in order of time."""
    after: Place | None = None
    while page := documents.page(ALERT, id, after, _PAGE):
        yield from map(records.read_traced_alert, page)
        after = Place(page[-1].rank, page[-1].key)


def stories(documents: Documents, alerts: Sequence[str]) -> list[tuple[StoryStep, ...]]:
    """The stored stories of some alerts."""
    stored = documents.get_many([(STORY, alert) for alert in alerts])
    return [records.read_story(document) for document in stored if document is not None]


def decisions(documents: Documents) -> list[Decision]:
    """The decisions of analysts, in order."""
    return [DecisionRecord.of(document).decision for document in _decisions(documents)]


def add_decision(documents: Documents, decision: Decision, by: str, now_ms: int) -> None:
    """Stores a decision, after all others. The caller holds the lock."""
    number = max((document.rank for document in _decisions(documents)), default=-1) + 1
    require_written(
        documents.add(DECISION, f"{number:010d}", DecisionRecord(decision, by, now_ms).to_body(), rank=number)
    )


def _decisions(documents: Documents) -> list[Document]:
    found: list[Document] = []
    while page := documents.page(DECISION, after=Place(found[-1].rank, found[-1].key) if found else None, limit=_PAGE):
        found += page
    return found


def add_alert(documents: Documents, alert: TracedAlert, home: Document | None, now_ms: int) -> Change:
    """Adds an alert without an incident to the incident `home`, or to a new one if that is None. The caller holds the lock, and
    has saved the alert without an incident: if the server dies here, the alert is placed again."""
    id = incident_id(alert.id) if home is None else home.key
    add_ties(documents, alert.links, id)
    new = summary.of(alert) if home is None else summary.joined(IncidentRecord.of(home).summary, summary.of(alert))
    save_incident(documents, id, home, new, False, True, now_ms)
    assign_alert(documents, alert.id, id)
    return Change(id, (id,))


def save_incident(
    documents: Documents, id: str, before: Document | None, new: Summary, decided: bool, joins: bool, now_ms: int
) -> bool:
    """Stores an incident; False if it has not changed. A closed incident is opened when an alert `joins`."""
    rank = _rank(new)
    if before is None:
        documents.remove(MOVED, id)
        require_written(documents.add(INCIDENT, id, IncidentRecord(new, decided, now_ms).to_body(), OPEN, rank))
        return True
    record = IncidentRecord.of(before)
    if record.summary == new and record.decided == decided:
        return False
    state = OPEN if before.state == CLOSED and joins else before.state
    changed = replace(record, summary=new, decided=decided, updated=now_ms)
    require_written(documents.replace(before, changed.to_body(), state, rank))
    return True


def update_ranks(documents: Documents) -> None:
    """Sorts all incidents by the current score: earlier versions computed it differently."""
    after: Place | None = None
    found: list[Document] = []
    while page := documents.page(INCIDENT, after=after, limit=_PAGE):
        found += page
        after = Place(page[-1].rank, page[-1].key)
    for document in found:
        rank = _rank(IncidentRecord.of(document).summary)
        if rank != document.rank:
            documents.replace(document, rank=rank)


def _rank(of: Summary) -> int:
    return -round(score(of) * _RANK)


def save_alert(documents: Documents, alert: TracedAlert, incident: str) -> None:
    """Stores the results of an alert's traces and the id of its incident, empty while it has not been placed."""
    body = records.traced_alert_body(alert)
    if not documents.add(ALERT, alert.id, body, incident, alert.ms):
        before = documents.get(ALERT, alert.id)
        require_written(before is not None and documents.replace(before, body, incident, alert.ms))


def save_story(documents: Documents, alert: str, story: Sequence[StoryStep]) -> None:
    """Stores the story of an alert."""
    body = records.story_body(story)
    if not documents.add(STORY, alert, body):
        before = documents.get(STORY, alert)
        if before is not None and before.body != body:
            require_written(documents.replace(before, body))


def assign_alert(documents: Documents, alert: str, incident: str) -> None:
    """Assigns a stored alert to an incident."""
    document = documents.get(ALERT, alert)
    require_written(document is not None and documents.replace(document, state=incident))


def remove_incident(documents: Documents, incident: Document, successor: str | None) -> None:
    """Removes an incident without alerts. Its id then leads to the successor: the incident of its first alert."""
    documents.remove(MOVED, incident.key)
    if successor is not None:
        documents.add(MOVED, incident.key, records.successor_body(successor))
    documents.remove(INCIDENT, incident.key)
