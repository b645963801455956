"""Regrouping: computes incidents again from all their alerts, when a change is more than one new alert.

If a server dies during it, the next attempt completes the change: ties are added before alerts are assigned and removed
afterwards, and the document of an alert decides which incident it is in, whatever else has been written by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.errors import NothingFound
from provenance.incidents.decisions import Decision
from provenance.incidents.grouping import Incident, incident_id, incidents
from provenance.incidents.traced_alert import StoryStep, TracedAlert
from provenance.service.incidents import records, storage, ties
from provenance.service.incidents.lock import require_written
from provenance.service.incidents.records import ALERT, INCIDENT, IncidentRecord
from provenance.service.incidents.storage import Change
from provenance.store.documents import Document, Documents


def place(documents: Documents, alert: TracedAlert, story: Sequence[StoryStep], now_ms: int) -> Change:
    """Assigns an alert, traced for the first time or again, to its incident. The caller holds the lock."""
    storage.save_story(documents, alert.id, story)
    before = documents.get(ALERT, alert.id)
    if before is not None and before.state and records.read_traced_alert(before) == alert:
        return Change(before.state, ())
    affected = ties.incidents_with(documents, alert.links)
    stored = documents.get_many([(INCIDENT, id) for id in sorted(affected)])
    homes = [document for document in stored if document is not None]
    if before is None and (not homes or (len(homes) == 1 and _is_simple(homes[0], alert))):
        storage.save_alert(documents, alert, "")
        return storage.add_alert(documents, alert, homes[0] if homes else None, now_ms)
    affected.add(incident_id(alert.id))
    if before is None:
        storage.save_alert(documents, alert, "")
    elif before.state:
        affected.add(before.state)
    scope = _Scope(documents, affected)
    return scope.regroup(alert, now_ms)[alert.id]


def decide(documents: Documents, decision: Decision, by: str, now_ms: int) -> Mapping[str, Change]:
    """Stores a decision and applies it; the change of each alert that it may touch, by the alert's id. The caller holds the lock.
    Raises NothingFound for alerts that are in no incident."""
    homes = {alert: storage.incident_of(documents, alert) for alert in sorted(decision.alerts)}
    for alert, home in homes.items():
        if home is None:
            raise NothingFound(f"alert {alert[:80]!r} is in no incident")
    # Before the decision is stored its incidents must be marked as decided, or `place` could add an alert to one of them.
    for id in sorted({home for home in homes.values() if home is not None}):
        document = documents.get(INCIDENT, id)
        record = None if document is None else IncidentRecord.of(document)
        if document is not None and record is not None and not record.decided:
            require_written(documents.replace(document, replace(record, decided=True).to_body()))
    storage.add_decision(documents, decision, by, now_ms)
    return _Scope(documents, {home for home in homes.values() if home is not None}).regroup(None, now_ms)


def _is_simple(home: Document, alert: TracedAlert) -> bool:
    """Whether an alert can be added to an incident without regrouping."""
    record = IncidentRecord.of(home)
    return not record.decided and not set(alert.links).isdisjoint(record.summary.ties)


class _Scope:
    """The incidents that a change may touch: the given ones, and all that decisions about their alerts name."""

    def __init__(self, documents: Documents, ids: Iterable[str]) -> None:
        self._documents = documents
        self._incidents: dict[str, Document | None] = {}
        self._alerts: dict[str, TracedAlert] = {}
        self._homes: dict[str, str] = {}
        self._decisions: list[Decision] = []
        all_decisions, waiting = storage.decisions(documents), set(ids)
        while waiting:
            for id in waiting:
                self._add(id)
            self._decisions = [decision for decision in all_decisions if decision.alerts & self._alerts.keys()]
            others = {alert for decision in self._decisions for alert in decision.alerts} - self._alerts.keys()
            homes = {home for alert in others if (home := storage.incident_of(documents, alert)) is not None}
            waiting = homes - self._incidents.keys()

    def _add(self, id: str) -> None:
        self._incidents[id] = self._documents.get(INCIDENT, id)
        for alert in storage.alerts_in(self._documents, id):
            self._alerts[alert.id] = alert
            self._homes[alert.id] = id

    def regroup(self, new: TracedAlert | None, now_ms: int) -> dict[str, Change]:
        """Computes the incidents of the scope, with `new`, an alert that is new or traced again, and stores the differences. The
        document of `new` is stored last: until it names an incident, the next attempt repeats all of this."""
        if new is not None:
            self._alerts[new.id] = new
        result = incidents(self._alerts.values(), self._decisions, self._homes)
        home = {alert.id: incident.id for incident in result for alert in incident.alerts}
        for incident in result:
            self._add_ties(incident.summary.ties, incident.id, new)
        self._assign_alerts(home, new)
        changed = [incident.id for incident in result if self._save(incident, now_ms)]
        remaining = set(home.values())
        empty = [before for id, before in sorted(self._incidents.items()) if before is not None and id not in remaining]
        for before in empty:
            first = IncidentRecord.of(before).summary.begun[1]
            successor = home.get(first) or storage.incident_of(self._documents, first)
            storage.remove_incident(self._documents, before, successor)
        self._remove_ties(result)
        if new is not None:
            storage.save_alert(self._documents, new, home[new.id])
        touched = (*changed, *(before.key for before in empty))
        return {id: Change(incident, touched) for id, incident in home.items()}

    def _add_ties(self, links: Iterable[str], id: str, new: TracedAlert | None) -> None:
        """Adds the new ties of an incident. Those of `new` are always checked, because a server may have died during an
        attempt."""
        before = self._incidents.get(id)
        known = set() if before is None else set(IncidentRecord.of(before).summary.ties)
        if new is not None:
            known -= set(new.links)
        ties.add_ties(self._documents, [link for link in links if link not in known], id)

    def _assign_alerts(self, home: Mapping[str, str], new: TracedAlert | None) -> None:
        for alert, id in home.items():
            if new is not None and alert == new.id:
                continue
            if self._homes.get(alert) != id:
                storage.assign_alert(self._documents, alert, id)

    def _save(self, incident: Incident, now_ms: int) -> bool:
        before = self._incidents.get(incident.id)
        decided = any(
            not decision.alerts.isdisjoint(alert.id for alert in incident.alerts) for decision in self._decisions
        )
        joins = any(self._homes.get(alert.id) != incident.id for alert in incident.alerts)
        return storage.save_incident(self._documents, incident.id, before, incident.summary, decided, joins, now_ms)

    def _remove_ties(self, result: Sequence[Incident]) -> None:
        now = {incident.id: set(incident.summary.ties) for incident in result}
        for id, before in self._incidents.items():
            if before is not None:
                for link in set(IncidentRecord.of(before).summary.ties) - now.get(id, set()):
                    ties.remove_tie(self._documents, link, id)
