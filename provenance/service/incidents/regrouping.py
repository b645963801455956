"""Incidents computed anew from all their alerts: when there is more to it than one more alert.

A server that dies in the middle leaves nothing that the next try does not find: ties are added before alerts move and
taken away after, and an alert is in the incident that its document names, whatever else is written down by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.errors import NothingFound
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import Incident, incident_id, incidents
from provenance.incidents.traced import StoryStep, TracedAlert
from provenance.service.incidents import book, records, ties
from provenance.service.incidents.book import Change
from provenance.service.incidents.records import ALERT, INCIDENT, IncidentRecord
from provenance.service.incidents.turn import sure
from provenance.store.documents import Document, Documents


def place(documents: Documents, alert: TracedAlert, story: Sequence[StoryStep], now_ms: int) -> Change:
    """Put an alert, traced for the first time or again, into its incident. The caller has the turn."""
    book.keep_story(documents, alert.id, story)
    before = documents.get(ALERT, alert.id)
    if before is not None and before.state and records.traced_of(before) == alert:
        return Change(before.state, ())
    asked = ties.tied(documents, alert.links)
    known = documents.get_many([(INCIDENT, id) for id in sorted(asked)])
    homes = [document for document in known if document is not None]
    if before is None and (not homes or (len(homes) == 1 and _is_plain(homes[0], alert))):
        book.keep_alert(documents, alert, "")
        return book.join(documents, alert, homes[0] if homes else None, now_ms)
    asked.add(incident_id(alert.id))
    if before is None:
        book.keep_alert(documents, alert, "")
    elif before.state:
        asked.add(before.state)
    scope = _Scope(documents, asked)
    return scope.change(alert, now_ms)[alert.id]


def decide(documents: Documents, decision: Decision, by: str, now_ms: int) -> Mapping[str, Change]:
    """Remember a decision and follow it; what became of each alert that it may touch. The caller has the turn. Raises
    NothingFound for alerts that are in no incident."""
    homes = {alert: book.incident_of(documents, alert) for alert in sorted(decision.alerts)}
    for alert, home in homes.items():
        if home is None:
            raise NothingFound(f"alert {alert[:80]!r} is in no incident")
    # Before the decision stands, its incidents must count as decided about, or an alert would be added to one of them.
    for id in sorted({home for home in homes.values() if home is not None}):
        document = documents.get(INCIDENT, id)
        record = None if document is None else IncidentRecord.of(document)
        if document is not None and record is not None and not record.decided:
            sure(documents.replace(document, replace(record, decided=True).to_body()))
    book.decided(documents, decision, by, now_ms)
    return _Scope(documents, {home for home in homes.values() if home is not None}).change(None, now_ms)


def _is_plain(home: Document, alert: TracedAlert) -> bool:
    """Whether adding an alert to an incident is all there is to do."""
    record = IncidentRecord.of(home)
    return not record.decided and not set(alert.links).isdisjoint(record.summary.ties)


class _Scope:
    """The incidents that a change may touch: those asked for, and those that decisions about their alerts speak of."""

    def __init__(self, documents: Documents, ids: Iterable[str]) -> None:
        self._documents = documents
        self._incidents: dict[str, Document | None] = {}
        self._alerts: dict[str, TracedAlert] = {}
        self._known: dict[str, str] = {}
        self._decisions: list[Decision] = []
        made, waiting = book.decisions(documents), set(ids)
        while waiting:
            for id in waiting:
                self._take(id)
            self._decisions = [decision for decision in made if decision.alerts & self._alerts.keys()]
            named = {alert for decision in self._decisions for alert in decision.alerts} - self._alerts.keys()
            homes = {home for alert in named if (home := book.incident_of(documents, alert)) is not None}
            waiting = homes - self._incidents.keys()

    def _take(self, id: str) -> None:
        self._incidents[id] = self._documents.get(INCIDENT, id)
        for alert in book.members(self._documents, id):
            self._alerts[alert.id] = alert
            self._known[alert.id] = id

    def change(self, new: TracedAlert | None, now_ms: int) -> dict[str, Change]:
        """Compute the incidents of the scope, with an alert that is new or traced again, and write down what is not as it
        was. That alert comes last: as long as its document does not say where it is, the next try does all of this again."""
        if new is not None:
            self._alerts[new.id] = new
        result = incidents(self._alerts.values(), self._decisions, self._known)
        home = {alert.id: incident.id for incident in result for alert in incident.alerts}
        for incident in result:
            self._add_ties(incident.summary.ties, incident.id, new)
        self._move(home, new)
        changed = [incident.id for incident in result if self._keep(incident, now_ms)]
        left = set(home.values())
        gone = [before for id, before in sorted(self._incidents.items()) if before is not None and id not in left]
        for before in gone:
            begun = IncidentRecord.of(before).summary.begun[1]
            book.give_up(self._documents, before, home.get(begun) or book.incident_of(self._documents, begun))
        self._drop_ties(result)
        if new is not None:
            book.keep_alert(self._documents, new, home[new.id])
        touched = (*changed, *(before.key for before in gone))
        return {id: Change(incident, touched) for id, incident in home.items()}

    def _add_ties(self, links: Iterable[str], id: str, new: TracedAlert | None) -> None:
        """The ties of the alert that is placed are looked at even if all should be well: a server may have died."""
        before = self._incidents.get(id)
        known = set() if before is None else set(IncidentRecord.of(before).summary.ties)
        if new is not None:
            known -= set(new.links)
        ties.add_ties(self._documents, [link for link in links if link not in known], id)

    def _move(self, home: Mapping[str, str], new: TracedAlert | None) -> None:
        for alert, id in home.items():
            if new is not None and alert == new.id:
                continue
            if self._known.get(alert) != id:
                book.move(self._documents, alert, id)

    def _keep(self, incident: Incident, now_ms: int) -> bool:
        before = self._incidents.get(incident.id)
        decided = any(
            not decision.alerts.isdisjoint(alert.id for alert in incident.alerts) for decision in self._decisions
        )
        joins = any(self._known.get(alert.id) != incident.id for alert in incident.alerts)
        return book.keep(self._documents, incident.id, before, incident.summary, decided, joins, now_ms)

    def _drop_ties(self, result: Sequence[Incident]) -> None:
        now = {incident.id: set(incident.summary.ties) for incident in result}
        for id, before in self._incidents.items():
            if before is not None:
                for link in set(IncidentRecord.of(before).summary.ties) - now.get(id, set()):
                    ties.drop_tie(self._documents, link, id)
