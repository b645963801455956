"""What the service keeps beside the graph, and when it goes: alerts with their results, and incidents as a whole.

An alert goes when it came in before the cut, work on it has ended, nobody pinned it or is investigating it, and its incident,
if it has one, goes. An incident goes when it is closed, did not change since the cut, is not pinned, and all its alerts may
go. Everything else that belongs to these goes with them or after them (`retention_leftovers`).
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
from provenance.service.incidents import book, records, ties
from provenance.service.incidents.records import INCIDENT_PREFIX, IncidentRecord, TieRecord
from provenance.service.incidents.turn import turn
from provenance.service.suppression.records import HIDDEN
from provenance.store.documents import Document, Documents, Place

_AT_ONCE = 200
_ENDED = (State.DONE.value, State.FAILED.value)
Key = tuple[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is old: what came in, or changed last, before `before_ms` (ms since the epoch, by the service's clock). With
    `untouched`, an open incident without assignee and notes counts as closed."""

    before_ms: int
    untouched: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """Ids of the alerts and incidents that go, and how many alerts go without an incident."""

    alerts: frozenset[str]
    incidents: frozenset[str]
    alone: frozenset[str]


def leaving(documents: Documents, rule: Rule) -> Leaving:
    """What goes by a rule, as things are now. Changes nothing. Raises StoreError."""
    pins = frozenset(pin.key for pin in every(documents, PIN))
    old = frozenset(key for page in _ended(documents) for key in _old(documents, page, rule, pins))
    gone: dict[str, frozenset[str]] = {}
    for incident in every(documents, records.INCIDENT):
        if _may_go(incident, rule, pins):
            members = frozenset(alert.key for alert in every(documents, records.ALERT, incident.key))
            if members <= old:
                gone[incident.key] = members
    alone = frozenset(id for ids in chunks(sorted(old)) for id in _homeless(documents, ids))
    return Leaving(alone.union(*gone.values()), frozenset(gone), alone)


def drop(documents: Documents, rule: Rule, going: Leaving) -> Leaving:
    """Remove what goes, each incident with its alerts at once: what really went. What somebody opened, pinned or asked to be
    traced again meanwhile stays. Broken off, it is done again. Raises StoreError."""
    pins = frozenset(pin.key for pin in every(documents, PIN))
    alerts: set[str] = set()
    incidents: set[str] = set()
    alone: set[str] = set()
    for id in sorted(going.incidents):
        with turn(documents):
            members = _drop_incident(documents, id, rule, pins)
        if members is not None:
            incidents.add(id)
            alerts.update(members)
    for ids in chunks(sorted(going.alone)):
        with turn(documents):
            known = [found for found in documents.get_many([(ALERT, id) for id in ids]) if found is not None]
            still = [found for found in known if found.state in _ENDED]
            went = list(_homeless(documents, list(_old(documents, still, rule, pins))))
            documents.remove_all([key for id in went for key in _of_alert(id)])
        alone.update(went)
    return Leaving(frozenset(alerts | alone), frozenset(incidents), frozenset(alone))


def every(documents: Documents, kind: str, state: str | None = None) -> Iterator[Document]:
    """Every document of a kind (and a state), a page at a time."""
    after: Place | None = None
    while page := documents.page(kind, state, after):
        yield from page
        after = Place(page[-1].rank, page[-1].key)


def chunks(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    """Some at a time."""
    for at in range(0, len(keys), _AT_ONCE):
        yield keys[at : at + _AT_ONCE]


def _ended(documents: Documents) -> Iterator[Sequence[Document]]:
    for state in _ENDED:
        after: Place | None = None
        while page := documents.page(ALERT, state, after):
            yield page
            after = Place(page[-1].rank, page[-1].key)


def _old(documents: Documents, alerts: Sequence[Document], rule: Rule, pins: frozenset[str]) -> Iterator[str]:
    """Those of some alerts, on which work has ended, that nothing holds but their incidents."""
    marks = documents.get_many([(TRIAGE, alert.key) for alert in alerts])
    for alert, mark in zip(alerts, marks, strict=True):
        looked_at = mark is not None and mark.state == Standing.INVESTIGATING.value
        if AlertRecord.of(alert).received < rule.before_ms and alert.key not in pins and not looked_at:
            yield alert.key


def _may_go(incident: Document, rule: Rule, pins: frozenset[str]) -> bool:
    record = IncidentRecord.of(incident)
    ignored = incident.state == book.OPEN and not record.notes and not record.assignee
    ended = incident.state == book.CLOSED or (rule.untouched and ignored)
    return ended and record.updated < rule.before_ms and f"{INCIDENT_PREFIX}{incident.key}" not in pins


def _homeless(documents: Documents, ids: Sequence[str]) -> Iterator[str]:
    """Those alerts that are in no incident."""
    placed = documents.get_many([(records.ALERT, id) for id in ids])
    return (id for id, found in zip(ids, placed, strict=True) if found is None)


def _drop_incident(documents: Documents, id: str, rule: Rule, pins: frozenset[str]) -> list[str] | None:
    """Remove an incident with its alerts: their ids, None when it stays. The caller has the turn."""
    incident = documents.get(records.INCIDENT, id)
    if incident is None or not _may_go(incident, rule, pins):
        return None
    members = [alert.key for alert in every(documents, records.ALERT, id)]
    known = documents.get_many([(ALERT, alert) for alert in members])
    still = [alert for alert in known if alert is not None and alert.state in _ENDED]
    if set(members) - set(_old(documents, still, rule, pins)):
        return None
    _drop_ties(documents, incident)
    documents.remove_all([*(key for alert in members for key in _of_alert(alert)), (records.INCIDENT, id)])
    return members


def _drop_ties(documents: Documents, incident: Document) -> None:
    """Most ties are of one incident alone and go at once."""
    links = IncidentRecord.of(incident).summary.ties
    own = [(records.TIE, ties.tie_key(link)) for link in links]
    kept = [found for found in documents.get_many(own) if found is not None]
    alone = [found for found in kept if set(TieRecord.of(found).incidents) <= {incident.key}]
    documents.remove_all([(records.TIE, found.key) for found in alone])
    for found in kept:
        if found not in alone:
            ties.drop_tie(documents, TieRecord.of(found).tie, incident.key)


def _of_alert(id: str) -> Iterable[Key]:
    kinds = (ALERT, hashes.KIND, records.ALERT, records.STORY, HIDDEN, TRIAGE)
    return ((kind, id) for kind in kinds)
