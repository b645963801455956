"""The durable queue of alerts: the lease of their documents (`provenance.alerts.record`), and the end of work on one.

queued -> running -> done, failed or waiting (for the log of the alert's host). If two servers of one store try to take the same
alert, one gets it and the other takes the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from provenance.alerts.record import KIND, AlertRecord, State
from provenance.service.jobs.lease import LeasePolicy, end
from provenance.store.documents import Document, Documents

LEASES = LeasePolicy(State.QUEUED.value, State.RUNNING.value, attempts=5)
"""An alert fails after five servers died while they worked on it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of work on an alert: its new state and record. An alert that goes back into the queue keeps its former record;
    the attempt counts only if `counted`."""

    state: State
    record: AlertRecord
    counted: bool = True


def take(documents: Documents, owner: str) -> Document | None:
    """Takes the first alert of the queue for a server; None if the queue is empty. Raises StoreError."""
    return LEASES.take(documents, KIND, owner)


def finish(documents: Documents, leased: Document, outcome: Outcome) -> bool:
    """Stores the result of work on a leased alert; False, and nothing is written, if the lease was lost meanwhile. Raises
    StoreError."""
    if outcome.state is State.QUEUED:
        return put_back(documents, leased, counted=outcome.counted)
    record = replace(outcome.record, origin="")
    return end(documents, leased, record.to_body(), outcome.state.value, -record.received)


def put_back(
    documents: Documents,
    document: Document,
    again: bool = False,
    record: AlertRecord | None = None,
    counted: bool = True,
) -> bool:
    """Puts an alert into the queue, whatever its state, with a new `record` if given; with `again` it is placed after the new
    alerts. If `counted`, one that has had all its attempts fails instead. False if it was changed meanwhile. Raises
    StoreError."""
    record = AlertRecord.of(document) if record is None else record
    if counted and LEASES.is_exhausted(document):
        failed = replace(record, reason=f"gave up: {LEASES.attempts} attempts did not end")
        return end(documents, document, failed.to_body(), State.FAILED.value, -record.received)
    return LEASES.give_back(documents, document, record.to_body(), record.rank(again), counted)
