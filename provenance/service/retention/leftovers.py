"""Retention of leftovers: documents that belong to removed alerts and incidents, or that have an age of their own.

| kind | removed when |
|---|---|
| stored trace, its parts | no alert or started trace refers to it, and it was stored before the limit, over an hour ago |
| dead letter | it was received before the limit |
| delivery | it ended (sent, failed or skipped) before the limit, and its incident is removed or closed |
| suppression rule | it was withdrawn or ended before the limit, and no alert that is still stored is hidden by it |
| decision | none of its alerts is in an incident |
| former id of an incident | it leads to no incident |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from provenance.alerts import dead_letters
from provenance.alerts.dead_letters import DeadLetter
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.service.incidents import records, storage
from provenance.service.incidents.records import DecisionRecord
from provenance.service.jobs.deliveries import ENDED, PREFIX, Delivery
from provenance.service.retention.rules import Key, Removal, Rule, all_documents, chunks
from provenance.service.suppression import records as suppression
from provenance.service.tracing import started_traces, stored_traces
from provenance.store.documents import Document, Documents

_HOUR_MS = 3_600_000
"""Longer than the work on an alert takes, and than a server keeps a trace in memory: no new reference to an older one appears."""


class Counts(NamedTuple):
    """The number of removed documents of the service, by kind."""

    alerts: int
    incidents: int
    traces: int
    dead_letters: int
    deliveries: int
    suppressions: int


def leftovers(documents: Documents, rule: Rule, now_ms: int, gone: Removal) -> tuple[Counts, list[Key]]:
    """The leftovers when `gone` is removed, whether it still is stored or not: their counts and keys. Changes nothing. Raises
    StoreError."""
    limit_ms = min(rule.before_ms, now_ms - _HOUR_MS)
    traces = list(_traces(documents, limit_ms, gone))
    parts = _parts(documents, limit_ms, traces)
    letters = [
        (dead_letters.KIND, letter.key)
        for letter in all_documents(documents, dead_letters.KIND)
        if DeadLetter.of(letter).received < rule.before_ms
    ]
    deliveries = list(_deliveries(documents, rule.before_ms, gone))
    rules = list(_suppressions(documents, rule.before_ms, gone))
    rest = [*_decisions(documents, gone), *_former_ids(documents, gone)]
    counts = Counts(len(gone.alerts), len(gone.incidents), len(traces), len(letters), len(deliveries), len(rules))
    return counts, [*traces, *parts, *letters, *deliveries, *rules, *rest]


def remove_leftovers(documents: Documents, keys: list[Key]) -> None:
    """Removes documents, some at a time. Raises StoreError."""
    for some in chunks(keys):
        documents.remove_all(some)


def _traces(documents: Documents, limit_ms: int, gone: Removal) -> Iterator[Key]:
    """The heads of unused traces. The trace of a started trace is removed together with that."""
    referenced = {
        key
        for alert in all_documents(documents, ALERT)
        if alert.key not in gone.alerts
        for record in [AlertRecord.of(alert)]
        for key in (record.backtrack, record.forward)
    }
    referenced.update(trace.key for trace in all_documents(documents, started_traces.KIND))
    for trace in all_documents(documents, stored_traces.KIND):
        if trace.rank < limit_ms and trace.key not in referenced:
            yield stored_traces.KIND, trace.key


def _parts(documents: Documents, limit_ms: int, traces: list[Key]) -> Iterator[Key]:
    """The parts of removed traces, and parts without a head, whose writer was killed."""
    removed = {key for _, key in traces}
    heads = (head for head in all_documents(documents, stored_traces.KIND) if head.key not in removed)
    names = {stored_traces.name_of(head) for head in heads}
    for part in all_documents(documents, stored_traces.PART):
        if part.rank < limit_ms and stored_traces.name_of(part) not in names:
            yield stored_traces.PART, part.key


def _deliveries(documents: Documents, before_ms: int, gone: Removal) -> Iterator[Key]:
    for kind in documents.kinds():
        if kind.startswith(PREFIX):
            old = [found for state in ENDED for found in all_documents(documents, kind, state)]
            old = [found for found in old if (Delivery.of(found).ended or 0) < before_ms]
            incidents = _existing(documents, records.INCIDENT, [found.key for found in old])
            for found in old:
                incident = incidents.get(found.key)
                if incident is None or found.key in gone.incidents or incident.state == storage.CLOSED:
                    yield kind, found.key


def _suppressions(documents: Documents, before_ms: int, gone: Removal) -> Iterator[Key]:
    hiding = {hidden.state for hidden in all_documents(documents, suppression.HIDDEN) if hidden.key not in gone.alerts}
    for found in all_documents(documents, suppression.RULE):
        if suppression.RuleRecord.of(found).ended < before_ms and found.key not in hiding:
            yield suppression.RULE, found.key


def _decisions(documents: Documents, gone: Removal) -> Iterator[Key]:
    for found in all_documents(documents, records.DECISION):
        alerts = [alert for group in DecisionRecord.of(found).decision.groups for alert in group]
        if not _existing(documents, records.ALERT, alerts).keys() - gone.alerts:
            yield records.DECISION, found.key


def _former_ids(documents: Documents, gone: Removal) -> Iterator[Key]:
    successors = {found.key: records.successor_of(found) for found in all_documents(documents, records.MOVED)}
    existing = _existing(documents, records.INCIDENT, sorted(set(successors.values()))).keys() - gone.incidents
    for id in successors:
        seen, at = {id}, successors[id]
        while at not in existing and at in successors and at not in seen:
            seen.add(at)
            at = successors[at]
        if at not in existing:
            yield records.MOVED, id


def _existing(documents: Documents, kind: str, keys: list[str]) -> Mapping[str, Document]:
    pages = (documents.get_many([(kind, key) for key in some]) for some in chunks(keys))
    return {found.key: found for page in pages for found in page if found is not None}
