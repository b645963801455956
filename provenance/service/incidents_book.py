"""Incidents as documents, and how one more alert, or one more decision, changes them.

| kind | key | state | body |
|---|---|---|---|
| incident | its id | open, acknowledged, closed | its alerts without their stories, and what people noted |
| incident-alert | the alert's id | the id of its incident | what its traces found, with its story |
| incident-tie | digest of a tie | | the ids of the incidents with an alert that has it |
| incident-decision | its number | | the groups, who decided, and when |
| incident-moved | an id that is no more | | the id of the incident that took its alerts |

Every change is made in turn (`incidents_turn`) and can be made again after a server died in the middle of it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from provenance.errors import NothingFound, StoreBusy
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import Incident, incidents
from provenance.incidents.traced import Told, TracedAlert, as_body, from_body
from provenance.store.documents import Document, Documents, Place

INCIDENT, ALERT, TIE = "incident", "incident-alert", "incident-tie"
DECISION, MOVED = "incident-decision", "incident-moved"
STATES = ("open", "acknowledged", "closed")
_OPEN, _CLOSED = STATES[0], STATES[2]
_RANK = 1_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """What became of incidents: the one asked about, and all that are not as they were."""

    incident: str
    changed: tuple[str, ...]


def place(documents: Documents, alert: TracedAlert, story: Sequence[Told], now_ms: int) -> Change:
    """Put an alert, traced for the first time or again, into its incident. The caller has the turn."""
    before = documents.get(ALERT, alert.id)
    asked = {id for link in alert.links for id in _incidents_of_tie(documents, link)}
    scope = _Scope(documents, asked | ({before.state} if before is not None else set()))
    return scope.change({alert.id: alert}, {alert.id: [asdict(step) for step in story]}, now_ms)[alert.id]


def decide(documents: Documents, decision: Decision, by: str, now_ms: int) -> Mapping[str, Change]:
    """Remember a decision and follow it; what became of each alert that it speaks of. The caller has the turn. Raises
    NothingFound for alerts that are in no incident."""
    found = {alert: documents.get(ALERT, alert) for alert in sorted(decision.alerts)}
    for alert, document in found.items():
        if document is None:
            raise NothingFound(f"alert {alert[:80]!r} is in no incident")
    body = {"groups": [list(group) for group in decision.groups], "by": by, "at": now_ms}
    number = len(_decisions(documents))
    if not documents.add(DECISION, f"{number:010d}", body, rank=number):
        raise StoreBusy("somebody else decided at the same moment")
    scope = _Scope(documents, {document.state for document in found.values() if document is not None})
    return scope.change({}, {}, now_ms)


def incident_of(documents: Documents, alert: str) -> str | None:
    """The incident that an alert is in."""
    document = documents.get(ALERT, alert)
    return None if document is None else document.state


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


def members(document: Document) -> list[TracedAlert]:
    """The alerts of an incident, in order of time."""
    return [from_body(body) for body in document.body["alerts"]]


def stories(documents: Documents, alerts: Iterable[str]) -> list[tuple[Told, ...]]:
    """The stories of alerts."""
    kept = (documents.get(ALERT, alert) for alert in alerts)
    return [tuple(Told(**step) for step in document.body["story"]) for document in kept if document is not None]


def _decisions(documents: Documents) -> list[Decision]:
    found: list[Document] = []
    while page := documents.page(DECISION, after=Place(found[-1].rank, found[-1].key) if found else None, limit=500):
        found += page
    return [Decision(tuple(tuple(group) for group in document.body["groups"])) for document in found]


def _incidents_of_tie(documents: Documents, link: str) -> list[str]:
    document = documents.get(TIE, _digest(link))
    return [] if document is None else [str(id) for id in document.body["incidents"]]


def _digest(link: str) -> str:
    return blake2b(link.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


class _Scope:
    """The incidents that a change may touch: those asked for, and those that decisions about their alerts speak of."""

    def __init__(self, documents: Documents, ids: Iterable[str]) -> None:
        self._documents = documents
        self._incidents: dict[str, Document] = {}
        self._alerts: dict[str, TracedAlert] = {}
        self._known: dict[str, str] = {}
        self._decisions: list[Decision] = []
        decisions, waiting = _decisions(documents), set(ids)
        while waiting:
            for id in waiting:
                self._take(id)
            self._decisions = [decision for decision in decisions if decision.alerts & self._alerts.keys()]
            named = {alert for decision in self._decisions for alert in decision.alerts} - self._alerts.keys()
            homes = {incident_of(documents, alert) for alert in named} - {None}
            waiting = {str(id) for id in homes} - self._incidents.keys()

    def _take(self, id: str) -> None:
        document = self._documents.get(INCIDENT, id)
        if document is None:
            return
        self._incidents[id] = document
        for alert in members(document):
            self._alerts[alert.id] = alert
            self._known[alert.id] = id

    def change(
        self, new: Mapping[str, TracedAlert], bodies: Mapping[str, Sequence[Mapping[str, Any]]], now_ms: int
    ) -> dict[str, Change]:
        """Compute the incidents of the scope with new alerts among them, and write down what is not as it was."""
        alerts = {**self._alerts, **new}
        result = incidents(alerts.values(), self._decisions, self._known)
        home = {alert.id: incident.id for incident in result for alert in incident.alerts}
        for id, alert in new.items():
            self._keep_alert(alert, bodies[id], home[id])
        changed = [incident.id for incident in result if self._keep(incident, new.keys(), now_ms)]
        self._keep_ties(result, {link for alert in new.values() for link in alert.links})
        for id, incident in home.items():
            if id not in new and self._known.get(id) != incident:
                self._move(id, incident)
        gone = sorted(self._incidents.keys() - set(home.values()))
        for id in gone:
            self._give_up(id, home)
        return {id: Change(incident, (*changed, *gone)) for id, incident in home.items()}

    def _keep_alert(self, alert: TracedAlert, story: Sequence[Mapping[str, Any]], incident: str) -> None:
        body = {"alert": as_body(alert), "story": list(story)}
        if self._documents.add(ALERT, alert.id, body, incident):
            return
        before = self._documents.get(ALERT, alert.id)
        self._sure(before is not None and self._documents.replace(before, body, incident))

    def _keep(self, incident: Incident, new: Iterable[str], now_ms: int) -> bool:
        """Write an incident down; False when it was so already."""
        facts = {name: value for name, value in asdict(incident).items() if name not in ("id", "alerts")} | {
            "alerts": [as_body(alert) for alert in incident.alerts]
        }
        before = self._incidents.get(incident.id)
        rank = -round(incident.score * _RANK)
        if before is None:
            self._documents.remove(MOVED, incident.id)
            self._sure(
                self._documents.add(INCIDENT, incident.id, facts | {"updated": now_ms, "notes": []}, _OPEN, rank)
            )
            return True
        kept = dict(before.body)
        ids = {alert["id"] for alert in kept["alerts"]}
        joined = any(alert.id not in ids for alert in incident.alerts)
        after = _as_kept(facts)
        if {name: kept.get(name) for name in after} == after:
            return False
        state = _OPEN if before.state == _CLOSED and joined else before.state
        self._sure(self._documents.replace(before, kept | after | {"updated": now_ms}, state, rank))
        return True

    def _keep_ties(self, result: Sequence[Incident], sure: set[str]) -> None:
        """Correct the ties of which another incident has an alert now, and those that must be right after a crash."""
        before: dict[str, set[str]] = defaultdict(set)
        after: dict[str, set[str]] = defaultdict(set)
        for known, id in self._known.items():
            for link in self._alerts[known].links:
                before[link].add(id)
        for incident in result:
            for alert in incident.alerts:
                for link in alert.links:
                    after[link].add(incident.id)
        for link in before.keys() | after.keys():
            if link in sure or before[link] != after[link]:
                self._keep_tie(link, after[link])

    def _keep_tie(self, link: str, incidents: set[str]) -> None:
        key, document = _digest(link), self._documents.get(TIE, _digest(link))
        if document is None:
            if incidents:
                self._sure(self._documents.add(TIE, key, {"tie": link, "incidents": sorted(incidents)}))
            return
        others = set(document.body["incidents"]) - self._incidents.keys()
        wanted = sorted(others | incidents)
        if not wanted:
            self._documents.remove(TIE, key)
        elif wanted != document.body["incidents"]:
            self._sure(self._documents.replace(document, {"tie": link, "incidents": wanted}))

    def _move(self, alert: str, incident: str) -> None:
        document = self._documents.get(ALERT, alert)
        if document is not None:
            self._sure(self._documents.replace(document, state=incident))

    def _give_up(self, id: str, home: Mapping[str, str]) -> None:
        """An incident whose alerts are all elsewhere: its name leads to where the first of them is."""
        first = self._incidents[id].body["alerts"][0]["id"]
        self._documents.remove(MOVED, id)
        self._documents.add(MOVED, id, {"into": home[first]})
        self._documents.remove(INCIDENT, id)

    def _sure(self, done: bool) -> None:
        if not done:
            raise StoreBusy("incidents were changed by another server meanwhile")


def _as_kept(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they come back from a document."""
    kept: dict[str, Any] = json.loads(json.dumps(facts))
    return kept
