"""Traces that somebody started, as documents: they go on when a server is started again, and any server of the store tells how
far they are.

queued -> running -> done, failed or stopped. The result is a stored trace under the same id, there before
it counts as done.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from enum import Enum

from provenance.service.jobs.lease import Leasing, end
from provenance.service.tracing import stored_traces
from provenance.service.tracing.start import Failure, StartedTrace, StartRequest
from provenance.service.tracing.watched import Progress
from provenance.store.documents import Document, Documents, Place
from provenance.trace.result import Trace

KIND = "started-trace"
OPEN, REMEMBERED = 16, 64
"""How many may be queued or running, and how many are kept of those that are not."""
_ID = re.compile(r"trace:[0-9a-f]{16}")
_TRIES = 50


class State(Enum):
    """Where a started trace stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


LEASING = Leasing(State.QUEUED.value, State.RUNNING.value, attempts=3)
"""A trace counts as failed when three servers died over it."""


def start(documents: Documents, request: StartRequest, by: str, now_ms: int) -> str | None:
    """Put a trace into the queue: its id, None when too many are there."""
    counts = documents.counts(KIND)
    if counts.get(State.QUEUED.value, 0) + counts.get(State.RUNNING.value, 0) >= OPEN:
        return None
    id = f"trace:{secrets.token_hex(8)}"
    documents.add(KIND, id, StartedTrace(request, by, now_ms).to_body(), State.QUEUED.value, now_ms)
    return id


def get(documents: Documents, id: str) -> Document | None:
    """A started trace, None when there is none, or none any more."""
    return documents.get(KIND, id) if _ID.fullmatch(id) else None


def take(documents: Documents, owner: str) -> Document | None:
    """Take the first of the queue for a server. None when the queue is empty."""
    return LEASING.take(documents, KIND, owner)


def report(documents: Documents, taken: Document, progress: Progress) -> Document | None:
    """Write down how far a taken one is: the document as it is then; None when it was stopped or taken away."""
    return LEASING.renew(documents, taken, replace(StartedTrace.of(taken), progress=progress).to_body())


def finish(documents: Documents, taken: Document, trace: Trace, now_ms: int) -> bool:
    """Store the result of a taken one; False, and nothing is stored, when it was stopped or taken away meanwhile."""
    stored_traces.save(documents, taken.key, trace, {}, now_ms)
    if _end(documents, taken, State.DONE):
        return True
    if not _goes_on(documents, taken.key):
        stored_traces.remove(documents, taken.key)
    return False


def fail(documents: Documents, taken: Document, failure: Failure) -> bool:
    """Write down why there is no result."""
    return _end(documents, taken, State.FAILED, failure)


def put_back(documents: Documents, document: Document, counted: bool = True) -> bool:
    """Put one that runs into the queue again. With `counted`, one that servers died over too often is failed instead."""
    if counted and LEASING.is_exhausted(document):
        reason = f"given up after {LEASING.attempts} attempts that did not end"
        return fail(documents, document, Failure("INTERNAL", reason))
    record = StartedTrace.of(document)
    return LEASING.give_back(documents, document, record.to_body(), record.started, counted)


def trace_anew(documents: Documents, document: Document) -> bool:
    """Put one that is done, but whose result is not stored, into the queue; False when there is nothing to do."""
    if stored_traces.head(documents, document.key) is not None:
        return False
    record = StartedTrace.of(document)
    new = StartedTrace(record.request, record.by, record.started)
    return end(documents, document, new.to_body(), State.QUEUED.value, new.started)


def stop(documents: Documents, id: str) -> bool:
    """Stop one that is queued or running; False when there is none. Its worker learns of it at its next report."""
    for _ in range(_TRIES):
        document = get(documents, id)
        if document is None or document.state not in (State.QUEUED.value, State.RUNNING.value):
            return False
        if _end(documents, document, State.STOPPED):
            return True
    return False


def forget(documents: Documents) -> None:
    """Remove all but the last of those that have ended."""
    for state in (State.DONE, State.FAILED, State.STOPPED):
        ended = documents.page(KIND, state.value, limit=REMEMBERED)
        if len(ended) == REMEMBERED:
            for old in documents.page(KIND, state.value, Place(ended[-1].rank, ended[-1].key)):
                documents.remove(KIND, old.key)
                stored_traces.remove(documents, old.key)


def _end(documents: Documents, document: Document, state: State, failure: Failure | None = None) -> bool:
    record = replace(StartedTrace.of(document), failure=failure)
    return end(documents, document, record.to_body(), state.value, -record.started)


def _goes_on(documents: Documents, id: str) -> bool:
    """Whether another server works on it, or has finished it: the result is its."""
    document = get(documents, id)
    return document is not None and document.state != State.STOPPED.value
