"""What is left of alerts and incidents that are gone, and what has an age of its own: each with the rule by which it goes.

| kind | goes when |
|---|---|
| stored trace, its pieces | no alert or started trace refers to it, and it was stored before the cut, over an hour ago |
| dead letter | it came in before the cut |
| delivery | it ended (sent, given up or skipped) before the cut, and its incident is gone or closed |
| suppression rule | it was withdrawn or ended before the cut and hides no alert that is still there |
| decision | none of its alerts is in an incident |
| former id of an incident | it leads to none |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from provenance.alerts import dead_letters
from provenance.alerts.dead_letters import DeadLetter
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.service.incidents import book, records
from provenance.service.incidents.records import DecisionRecord
from provenance.service.jobs.deliveries import ENDED, PREFIX, Delivery
from provenance.service.retention.rules import Key, Leaving, Rule, chunks, every
from provenance.service.suppression import records as suppression
from provenance.service.tracing import started, stored_traces
from provenance.store.documents import Document, Documents

_HOUR_MS = 3_600_000
"""Longer than work on an alert takes, and than a server remembers a trace: nobody is about to refer to an older one."""


class Counts(NamedTuple):
    """How much of what the service keeps went."""

    alerts: int
    incidents: int
    traces: int
    dead_letters: int
    deliveries: int
    suppressions: int


def leftovers(documents: Documents, rule: Rule, now_ms: int, gone: Leaving) -> tuple[Counts, list[Key]]:
    """What goes when `gone` is gone, whether it still is there or not: how much, and the keys. Changes nothing. Raises
    StoreError."""
    limit_ms = min(rule.before_ms, now_ms - _HOUR_MS)
    traces = list(_traces(documents, limit_ms, gone))
    pieces = _pieces(documents, limit_ms, traces)
    letters = [
        (dead_letters.KIND, letter.key)
        for letter in every(documents, dead_letters.KIND)
        if DeadLetter.of(letter).received < rule.before_ms
    ]
    deliveries = list(_deliveries(documents, rule.before_ms, gone))
    rules = list(_suppressions(documents, rule.before_ms, gone))
    rest = [*_decisions(documents, gone), *_moved(documents, gone)]
    counts = Counts(len(gone.alerts), len(gone.incidents), len(traces), len(letters), len(deliveries), len(rules))
    return counts, [*traces, *pieces, *letters, *deliveries, *rules, *rest]


def drop_leftovers(documents: Documents, keys: list[Key]) -> None:
    """Remove them, some at a time. Raises StoreError."""
    for some in chunks(keys):
        documents.remove_all(some)


def _traces(documents: Documents, limit_ms: int, gone: Leaving) -> Iterator[Key]:
    """The heads; those of started traces go with these."""
    held = {
        key
        for alert in every(documents, ALERT)
        if alert.key not in gone.alerts
        for record in [AlertRecord.of(alert)]
        for key in (record.backtrack, record.forward)
    }
    held.update(trace.key for trace in every(documents, started.KIND))
    for trace in every(documents, stored_traces.KIND):
        if trace.rank < limit_ms and trace.key not in held:
            yield stored_traces.KIND, trace.key


def _pieces(documents: Documents, limit_ms: int, traces: list[Key]) -> Iterator[Key]:
    """The pieces of traces that go, and those that no trace names: their writer was killed."""
    going = {key for _, key in traces}
    names = {stored_traces.name_of(trace) for trace in every(documents, stored_traces.KIND) if trace.key not in going}
    for piece in every(documents, stored_traces.PIECE):
        if piece.rank < limit_ms and stored_traces.name_of(piece) not in names:
            yield stored_traces.PIECE, piece.key


def _deliveries(documents: Documents, before_ms: int, gone: Leaving) -> Iterator[Key]:
    for kind in documents.kinds():
        if kind.startswith(PREFIX):
            old = [found for state in ENDED for found in every(documents, kind, state)]
            old = [found for found in old if (Delivery.of(found).ended or 0) < before_ms]
            about = _known(documents, records.INCIDENT, [found.key for found in old])
            for found in old:
                incident = about.get(found.key)
                if incident is None or found.key in gone.incidents or incident.state == book.CLOSED:
                    yield kind, found.key


def _suppressions(documents: Documents, before_ms: int, gone: Leaving) -> Iterator[Key]:
    hiding = {hidden.state for hidden in every(documents, suppression.HIDDEN) if hidden.key not in gone.alerts}
    for found in every(documents, suppression.RULE):
        if suppression.RuleRecord.of(found).ended < before_ms and found.key not in hiding:
            yield suppression.RULE, found.key


def _decisions(documents: Documents, gone: Leaving) -> Iterator[Key]:
    for found in every(documents, records.DECISION):
        alerts = [alert for group in DecisionRecord.of(found).decision.groups for alert in group]
        if not _known(documents, records.ALERT, alerts).keys() - gone.alerts:
            yield records.DECISION, found.key


def _moved(documents: Documents, gone: Leaving) -> Iterator[Key]:
    into = {found.key: records.moved_to(found) for found in every(documents, records.MOVED)}
    there = _known(documents, records.INCIDENT, sorted(set(into.values()))).keys() - gone.incidents
    for id in into:
        seen, at = {id}, into[id]
        while at not in there and at in into and at not in seen:
            seen.add(at)
            at = into[at]
        if at not in there:
            yield records.MOVED, id


def _known(documents: Documents, kind: str, keys: list[str]) -> Mapping[str, Document]:
    pages = (documents.get_many([(kind, key) for key in some]) for some in chunks(keys))
    return {found.key: found for page in pages for found in page if found is not None}
