"""Retention of alerts with their results, and of whole incidents.

An alert is removed if it was received before the limit, work on it has ended, it is not pinned or under investigation, and its
incident, if it has one, is removed. An incident is removed if it is closed, has not changed since the limit, is not pinned, and
all its alerts can be removed. What belongs to them is removed with them or afterwards (`leftovers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from provenance.alerts import hashes
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord, State
from provenance.retention.pins import PIN
from provenance.service.alerts.triage import TRIAGE, Standing
from provenance.service.incidents import records, storage, ties
from provenance.service.incidents.lock import incident_lock
from provenance.service.incidents.records import INCIDENT_PREFIX, IncidentRecord, TieRecord
from provenance.service.suppression.records import HIDDEN
from provenance.store.documents import Document, Documents, Place

_AT_ONCE = 200
_ENDED = (State.DONE.value, State.FAILED.value)
Key = tuple[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """The limit of retention: received, or changed last, before `before_ms` (ms since the epoch by the service's clock). With
    `untouched`, an open incident without assignee and notes counts as closed."""

    before_ms: int
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """The ids of the alerts and incidents to remove; `alone` are the alerts without an incident among them."""

    alerts: frozenset[str]
    incidents: frozenset[str]
    alone: frozenset[str]


def removable(documents: Documents, rule: Rule) -> Removal:
    """The alerts and incidents that a rule removes now. Changes nothing. Raises StoreError."""
    pins = frozenset(pin.key for pin in all_documents(documents, PIN))
    old = frozenset(key for page in _ended(documents) for key in _old(documents, page, rule, pins))
    gone: dict[str, frozenset[str]] = {}
    for incident in all_documents(documents, records.INCIDENT):
        if _can_be_removed(incident, rule, pins):
            members = frozenset(alert.key for alert in all_documents(documents, records.ALERT, incident.key))
            if members <= old:
                gone[incident.key] = members
    alone = frozenset(id for ids in chunks(sorted(old)) for id in _without_incident(documents, ids))
    return Removal(alone.union(*gone.values()), frozenset(gone), alone)


def remove(documents: Documents, rule: Rule, planned: Removal) -> Removal:
    """Removes alerts and incidents, each incident together with its alerts, and returns what was removed: not what was opened,
    pinned or queued again meanwhile. After an interruption it can be called again. Raises StoreError."""
    pins = frozenset(pin.key for pin in all_documents(documents, PIN))
    alerts: set[str] = set()
    incidents: set[str] = set()
    alone: set[str] = set()
    for id in sorted(planned.incidents):
        with incident_lock(documents):
            members = _remove_incident(documents, id, rule, pins)
        if members is not None:
            incidents.add(id)
            alerts.update(members)
    for ids in chunks(sorted(planned.alone)):
        with incident_lock(documents):
            stored = [found for found in documents.get_many([(ALERT, id) for id in ids]) if found is not None]
            ended = [found for found in stored if found.state in _ENDED]
            removed = list(_without_incident(documents, list(_old(documents, ended, rule, pins))))
            documents.remove_all([key for id in removed for key in _keys_of_alert(id)])
        alone.update(removed)
    return Removal(frozenset(alerts | alone), frozenset(incidents), frozenset(alone))


def all_documents(documents: Documents, kind: str, state: str | None = None) -> Iterator[Document]:
    """All documents of a kind (and a state), read page by page."""
    after: Place | None = None
    while page := documents.page(kind, state, after):
        yield from page
        after = Place(page[-1].rank, page[-1].key)


def chunks(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    """The keys in chunks of bounded size."""
    for at in range(0, len(keys), _AT_ONCE):
        yield keys[at : at + _AT_ONCE]


def _ended(documents: Documents) -> Iterator[Sequence[Document]]:
    for state in _ENDED:
        after: Place | None = None
        while page := documents.page(ALERT, state, after):
            yield page
            after = Place(page[-1].rank, page[-1].key)


def _old(documents: Documents, alerts: Sequence[Document], rule: Rule, pins: frozenset[str]) -> Iterator[str]:
    """The ids of those ended alerts that can be removed, if their incidents can."""
    triages = documents.get_many([(TRIAGE, alert.key) for alert in alerts])
    for alert, triage in zip(alerts, triages, strict=True):
        investigating = triage is not None and triage.state == Standing.INVESTIGATING.value
        if AlertRecord.of(alert).received < rule.before_ms and alert.key not in pins and not investigating:
            yield alert.key


def _can_be_removed(incident: Document, rule: Rule, pins: frozenset[str]) -> bool:
    record = IncidentRecord.of(incident)
    ignored = incident.state == storage.OPEN and not record.notes and not record.assignee
    ended = incident.state == storage.CLOSED or (rule.untouched and ignored)
    return ended and record.updated < rule.before_ms and f"{INCIDENT_PREFIX}{incident.key}" not in pins


def _without_incident(documents: Documents, ids: Sequence[str]) -> Iterator[str]:
    """The ids of those alerts that are in no incident."""
    placed = documents.get_many([(records.ALERT, id) for id in ids])
    return (id for id, found in zip(ids, placed, strict=True) if found is None)


def _remove_incident(documents: Documents, id: str, rule: Rule, pins: frozenset[str]) -> list[str] | None:
    """Removes an incident with its alerts and returns their ids; None if it is kept. The caller holds the lock."""
    incident = documents.get(records.INCIDENT, id)
    if incident is None or not _can_be_removed(incident, rule, pins):
        return None
    members = [alert.key for alert in all_documents(documents, records.ALERT, id)]
    stored = documents.get_many([(ALERT, alert) for alert in members])
    ended = [alert for alert in stored if alert is not None and alert.state in _ENDED]
    if set(members) - set(_old(documents, ended, rule, pins)):
        return None
    _remove_ties(documents, incident)
    documents.remove_all([*(key for alert in members for key in _keys_of_alert(alert)), (records.INCIDENT, id)])
    return members


def _remove_ties(documents: Documents, incident: Document) -> None:
    """Removes an incident from its ties. Ties of this incident only, which most are, are removed at once."""
    links = IncidentRecord.of(incident).summary.ties
    own = [(records.TIE, ties.tie_key(link)) for link in links]
    stored = [found for found in documents.get_many(own) if found is not None]
    alone = [found for found in stored if set(TieRecord.of(found).incidents) <= {incident.key}]
    documents.remove_all([(records.TIE, found.key) for found in alone])
    for found in stored:
        if found not in alone:
            ties.remove_tie(documents, TieRecord.of(found).tie, incident.key)


def _keys_of_alert(id: str) -> Iterable[Key]:
    kinds = (ALERT, hashes.KIND, records.ALERT, records.STORY, HIDDEN, TRIAGE)
    return ((kind, id) for kind in kinds)
