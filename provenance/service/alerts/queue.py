"""The durable queue of alerts: the lease on their documents (`provenance.alerts.record`), and how work on one ends.

queued -> running -> done, failed or waiting (for the log that an alert speaks of). Of two servers on one store one takes an
alert and the other looks for the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from provenance.alerts.record import KIND, AlertRecord, State
from provenance.service.jobs.lease import Leasing, end
from provenance.store.documents import Document, Documents

LEASING = Leasing(State.QUEUED.value, State.RUNNING.value, attempts=5)
"""An alert counts as failed when five servers died over it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How work on an alert ended: the state, and its record as it is then. One that goes back into the queue stays as it was;
    the attempt does not count when it was not `counted`."""

    state: State
    record: AlertRecord
    counted: bool = True


def take(documents: Documents, owner: str) -> Document | None:
    """Take the first alert of the queue for a server. None when the queue is empty. Raises StoreError."""
    return LEASING.take(documents, KIND, owner)


def finish(documents: Documents, taken: Document, outcome: Outcome) -> bool:
    """Write down how work on a taken alert ended; False when it was taken away meanwhile, and nothing is written. Raises
    StoreError."""
    if outcome.state is State.QUEUED:
        return put_back(documents, taken, counted=outcome.counted)
    record = replace(outcome.record, origin="")
    return end(documents, taken, record.to_body(), outcome.state.value, -record.received)


def put_back(
    documents: Documents,
    document: Document,
    again: bool = False,
    record: AlertRecord | None = None,
    counted: bool = True,
) -> bool:
    """Put an alert into the queue again, whatever its state, with another `record` when given; `again` puts it after the new
    ones. One that servers died over too often is failed instead. False when it was changed meanwhile. Raises StoreError."""
    record = AlertRecord.of(document) if record is None else record
    if counted and LEASING.is_exhausted(document):
        failed = replace(record, reason=f"given up after {LEASING.attempts} attempts that did not end")
        return end(documents, document, failed.to_body(), State.FAILED.value, -record.received)
    return LEASING.give_back(documents, document, record.to_body(), record.rank(again), counted)
