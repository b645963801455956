"""Incidents as documents (`records`), and how one more alert, or one more decision, changes them.

Which incident an alert is in says the alert's document alone; everything else follows from those. Every change is made in
turn (`turn`), and is made again from the beginning when a server died in the middle of it. An alert that is new and has ties
to one incident that nobody decided about is added to what that one says already; all else is computed anew from all alerts
of the incidents that it may touch (`regrouping`).
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
from provenance.incidents.traced import StoryStep, TracedAlert
from provenance.service.incidents import records
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
from provenance.service.incidents.turn import sure
from provenance.store.documents import Document, Documents, Place

STATES = ("open", "acknowledged", "closed")
OPEN, CLOSED = STATES[0], STATES[2]
_RANK = 1_000_000
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What became of incidents: the one asked about, and all that are not as they were."""

    incident: str
    changed: tuple[str, ...]


def incident_of(documents: Documents, alert: str) -> str | None:
    """The incident that an alert is in."""
    document = documents.get(ALERT, alert)
    return document.state or None if document is not None else None


def found(documents: Documents, id: str) -> Document:
    """An incident, or what became of it. Raises NothingFound."""
    seen: set[str] = set()
    while id not in seen:
        seen.add(id)
        document = documents.get(INCIDENT, id)
        if document is not None:
            return document
        moved = documents.get(MOVED, id)
        if moved is None:
            break
        id = records.moved_to(moved)
    raise NothingFound(f"no incident {id[:80]!r}")


def members(documents: Documents, id: str) -> Iterator[TracedAlert]:
    """The alerts of an incident, in order of time."""
    after: Place | None = None
    while page := documents.page(ALERT, id, after, _PAGE):
        yield from map(records.traced_of, page)
        after = Place(page[-1].rank, page[-1].key)


def stories(documents: Documents, alerts: Sequence[str]) -> list[tuple[StoryStep, ...]]:
    """The stories of alerts."""
    kept = documents.get_many([(STORY, alert) for alert in alerts])
    return [records.story_of(document) for document in kept if document is not None]


def decisions(documents: Documents) -> list[Decision]:
    """What people decided, in order."""
    return [DecisionRecord.of(document).decision for document in _decisions(documents)]


def decided(documents: Documents, decision: Decision, by: str, now_ms: int) -> None:
    """Write a decision down, after all others. The caller has the turn."""
    number = max((document.rank for document in _decisions(documents)), default=-1) + 1
    sure(documents.add(DECISION, f"{number:010d}", DecisionRecord(decision, by, now_ms).to_body(), rank=number))


def _decisions(documents: Documents) -> list[Document]:
    made: list[Document] = []
    while page := documents.page(DECISION, after=Place(made[-1].rank, made[-1].key) if made else None, limit=_PAGE):
        made += page
    return made


def join(documents: Documents, alert: TracedAlert, home: Document | None, now_ms: int) -> Change:
    """Add an alert that is in no incident to one, or to a new one. The caller has the turn, and has kept the alert without
    an incident: a server that dies here leaves one that is to be placed anew."""
    id = incident_id(alert.id) if home is None else home.key
    add_ties(documents, alert.links, id)
    made = summary.of(alert) if home is None else summary.joined(IncidentRecord.of(home).summary, summary.of(alert))
    keep(documents, id, home, made, False, True, now_ms)
    move(documents, alert.id, id)
    return Change(id, (id,))


def keep(
    documents: Documents, id: str, before: Document | None, made: Summary, decided: bool, joins: bool, now_ms: int
) -> bool:
    """Write an incident down; False when it was so already. One that is closed opens when an alert `joins`."""
    rank = _rank(made)
    if before is None:
        documents.remove(MOVED, id)
        sure(documents.add(INCIDENT, id, IncidentRecord(made, decided, now_ms).to_body(), OPEN, rank))
        return True
    record = IncidentRecord.of(before)
    if record.summary == made and record.decided == decided:
        return False
    state = OPEN if before.state == CLOSED and joins else before.state
    changed = replace(record, summary=made, decided=decided, updated=now_ms)
    sure(documents.replace(before, changed.to_body(), state, rank))
    return True


def rank_anew(documents: Documents) -> None:
    """Sort incidents by the score as it is counted now: those of an earlier version were sorted by another."""
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


def keep_alert(documents: Documents, alert: TracedAlert, incident: str) -> None:
    """Write down what an alert's traces found, and its incident; with none it is still to be placed."""
    body = records.traced_body(alert)
    if not documents.add(ALERT, alert.id, body, incident, alert.ms):
        before = documents.get(ALERT, alert.id)
        sure(before is not None and documents.replace(before, body, incident, alert.ms))


def keep_story(documents: Documents, alert: str, story: Sequence[StoryStep]) -> None:
    """Write down an alert's story."""
    body = records.story_body(story)
    if not documents.add(STORY, alert, body):
        before = documents.get(STORY, alert)
        if before is not None and before.body != body:
            sure(documents.replace(before, body))


def move(documents: Documents, alert: str, incident: str) -> None:
    """Put an alert into an incident."""
    document = documents.get(ALERT, alert)
    sure(document is not None and documents.replace(document, state=incident))


def give_up(documents: Documents, incident: Document, into: str | None) -> None:
    """An incident has no alerts any more: its name leads to the incident that holds the alert that began it."""
    documents.remove(MOVED, incident.key)
    if into is not None:
        documents.add(MOVED, incident.key, records.moved_body(into))
    documents.remove(INCIDENT, incident.key)
