"""Incidents as documents, and how one more alert, or one more decision, changes them.

| kind | key | state | body |
|---|---|---|---|
| incident | its id | open, acknowledged, closed | what its alerts say together, and what people noted |
| incident-alert | the alert's id | its incident's id; none while it is being put there | what its traces found |
| incident-story | the alert's id | | its story |
| incident-tie | digest of a tie | | the incidents that may have an alert with it, and no fewer |
| incident-decision | its number | | the groups, who decided, and when |
| incident-moved | an id that is no more | | the id of the incident that took its alerts |

Which incident an alert is in says the alert's document alone; everything else follows from those. Every change is made in
turn (`incidents_turn`), and is made again from the beginning when a server died in the middle of it. An alert that is new and
has ties to one incident that nobody decided about is added to what that one says already; all else is computed anew
from all alerts of the incidents that it may touch (`incidents_anew`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from provenance.errors import NothingFound, StoreBusy
from provenance.incidents import summary
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import incident_id
from provenance.incidents.score import score
from provenance.incidents.summary import Summary
from provenance.incidents.traced import StoryStep, TracedAlert, as_body, from_body
from provenance.store.documents import Document, Documents, Place

INCIDENT, ALERT, STORY, TIE = "incident", "incident-alert", "incident-story", "incident-tie"
DECISION, MOVED = "incident-decision", "incident-moved"
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
        id = str(moved.body["into"])
    raise NothingFound(f"no incident {id[:80]!r}")


def summary_of(document: Document) -> Summary:
    """What the alerts of an incident say together."""
    return summary.from_body(document.body["summary"])


def members(documents: Documents, id: str) -> Iterator[TracedAlert]:
    """The alerts of an incident, in order of time."""
    after: Place | None = None
    while page := documents.page(ALERT, id, after, _PAGE):
        yield from (from_body(document.body["alert"]) for document in page)
        after = Place(page[-1].rank, page[-1].key)


def stories(documents: Documents, alerts: Sequence[str]) -> list[tuple[StoryStep, ...]]:
    """The stories of alerts."""
    kept = documents.get_many([(STORY, alert) for alert in alerts])
    return [tuple(StoryStep(**step) for step in document.body["story"]) for document in kept if document is not None]


def decisions(documents: Documents) -> list[Decision]:
    """What people decided, in order."""
    return [Decision(tuple(tuple(group) for group in document.body["groups"])) for document in _decisions(documents)]


def decided(documents: Documents, decision: Decision, by: str, now_ms: int) -> None:
    """Write a decision down, after all others. The caller has the turn."""
    number = max((document.rank for document in _decisions(documents)), default=-1) + 1
    body = {"groups": [list(group) for group in decision.groups], "by": by, "at": now_ms}
    sure(documents.add(DECISION, f"{number:010d}", body, rank=number))


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
    made = summary.of(alert) if home is None else summary.joined(summary_of(home), summary.of(alert))
    keep(documents, id, home, made, False, True, now_ms)
    move(documents, alert.id, id)
    return Change(id, (id,))


def keep(
    documents: Documents, id: str, before: Document | None, made: Summary, decided: bool, joins: bool, now_ms: int
) -> bool:
    """Write an incident down; False when it was so already. One that is closed opens when an alert `joins`."""
    facts: dict[str, Any] = {"summary": summary.as_body(made), "decided": decided}
    rank = _rank(made)
    if before is None:
        documents.remove(MOVED, id)
        sure(documents.add(INCIDENT, id, facts | {"updated": now_ms, "notes": []}, OPEN, rank))
        return True
    if summary_of(before) == made and before.body["decided"] == decided:
        return False
    state = OPEN if before.state == CLOSED and joins else before.state
    sure(documents.replace(before, dict(before.body) | facts | {"updated": now_ms}, state, rank))
    return True


def rank_anew(documents: Documents) -> None:
    """Sort incidents by the score as it is counted now: those of an earlier version were sorted by another."""
    after: Place | None = None
    found: list[Document] = []
    while page := documents.page(INCIDENT, after=after, limit=_PAGE):
        found += page
        after = Place(page[-1].rank, page[-1].key)
    for document in found:
        rank = _rank(summary_of(document))
        if rank != document.rank:
            documents.replace(document, rank=rank)


def _rank(of: Summary) -> int:
    return -round(score(of) * _RANK)


def keep_alert(documents: Documents, alert: TracedAlert, incident: str) -> None:
    """Write down what an alert's traces found, and its incident; with none it is still to be placed."""
    body = {"alert": as_body(alert)}
    if not documents.add(ALERT, alert.id, body, incident, alert.ms):
        before = documents.get(ALERT, alert.id)
        sure(before is not None and documents.replace(before, body, incident, alert.ms))


def keep_story(documents: Documents, alert: str, story: Sequence[StoryStep]) -> None:
    """Write down an alert's story."""
    body = {"story": [asdict(step) for step in story]}
    if not documents.add(STORY, alert, body):
        before = documents.get(STORY, alert)
        if before is not None and before.body != body:
            sure(documents.replace(before, body))


def move(documents: Documents, alert: str, incident: str) -> None:
    """Put an alert into an incident."""
    document = documents.get(ALERT, alert)
    sure(document is not None and documents.replace(document, state=incident))


def tied(documents: Documents, links: Sequence[str]) -> set[str]:
    """The incidents that may have an alert with one of some ties."""
    kept = documents.get_many([(TIE, tie_key(link)) for link in links])
    return {str(id) for document in kept if document is not None for id in document.body["incidents"]}


def add_ties(documents: Documents, links: Sequence[str], incident: str) -> None:
    """An incident may have an alert with each of some ties. What is there already is read first, and written only where
    that does not say so: an alert has up to 200 ties."""
    links = list(dict.fromkeys(links))
    kept = documents.get_many([(TIE, tie_key(link)) for link in links])
    new = [link for link, document in zip(links, kept, strict=True) if document is None]
    if new:
        body = {"incidents": [incident]}
        sure(all(documents.add_all([Document(TIE, tie_key(link), {"tie": link} | body) for link in new])))
    for document in kept:
        if document is not None and incident not in document.body["incidents"]:
            both = sorted({*document.body["incidents"], incident})
            sure(documents.replace(document, dict(document.body) | {"incidents": both}))


def drop_tie(documents: Documents, link: str, incident: str) -> None:
    """An incident has no alert with a tie any more."""
    document = documents.get(TIE, tie_key(link))
    if document is not None and incident in document.body["incidents"]:
        left = [id for id in document.body["incidents"] if id != incident]
        sure(documents.replace(document, {"tie": link, "incidents": left}))


def give_up(documents: Documents, incident: Document, into: str | None) -> None:
    """An incident has no alerts any more: its name leads to the incident that holds the alert that began it."""
    documents.remove(MOVED, incident.key)
    if into is not None:
        documents.add(MOVED, incident.key, {"into": into})
    documents.remove(INCIDENT, incident.key)


def sure(done: bool) -> None:
    """Raise StoreBusy when a document was changed by somebody who had not the turn."""
    if not done:
        raise StoreBusy("incidents were changed by another server meanwhile")


def tie_key(link: str) -> str:
    """The key of a tie's document."""
    return blake2b(link.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
