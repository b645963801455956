"""Started traces as documents: they continue after a restart of the server, and every server of the store can report their
progress.

queued -> running -> done, failed or stopped. The result is a stored trace under the same id, stored before the state is done.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from enum import Enum

from provenance.service.jobs.lease import LeasePolicy, end
from provenance.service.tracing import stored_traces
from provenance.service.tracing.start import Failure, StartedTrace, StartRequest
from provenance.service.tracing.watched_store import Progress
from provenance.store.basis import Basis
from provenance.store.documents import Document, Documents, Place
from provenance.trace.result import Trace

KIND = "started-trace"
MOST_OPEN, MOST_ENDED = 16, 64
"""The most started traces that are queued or running, and the most that are kept in each other state."""
_ID = re.compile(r"trace:[0-9a-f]{16}")
_TRIES = 50


class State(Enum):
    """The state of a started trace."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


LEASES = LeasePolicy(State.QUEUED.value, State.RUNNING.value, attempts=3)
"""A trace fails after three servers died while they worked on it."""


def start(documents: Documents, request: StartRequest, by: str, now_ms: int) -> str | None:
    """Puts a trace into the queue and returns its id; None if there are `MOST_OPEN` already."""
    counts = documents.counts(KIND)
    if counts.get(State.QUEUED.value, 0) + counts.get(State.RUNNING.value, 0) >= MOST_OPEN:
        return None
    id = f"trace:{secrets.token_hex(8)}"
    documents.add(KIND, id, StartedTrace(request, by, now_ms).to_body(), State.QUEUED.value, now_ms)
    return id


def get(documents: Documents, id: str) -> Document | None:
    """The document of a started trace; None for an unknown or removed one."""
    return documents.get(KIND, id) if _ID.fullmatch(id) else None


def take(documents: Documents, owner: str) -> Document | None:
    """Takes the first trace of the queue for a server; None if the queue is empty."""
    return LEASES.take(documents, KIND, owner)


def report(documents: Documents, leased: Document, progress: Progress) -> Document | None:
    """Stores the progress of a leased trace and returns the new document; None if it was stopped or its lease was lost."""
    return LEASES.renew(documents, leased, replace(StartedTrace.of(leased), progress=progress).to_body())


def finish(documents: Documents, leased: Document, trace: Trace, now_ms: int) -> bool:
    """Stores the result of a leased trace; False, and nothing is stored, if it was stopped or its lease was lost meanwhile."""
    stored_traces.save(documents, leased.key, trace, Basis(), now_ms)
    if _end(documents, leased, State.DONE):
        return True
    if not _belongs_to_another(documents, leased.key):
        stored_traces.remove(documents, leased.key)
    return False


def fail(documents: Documents, leased: Document, failure: Failure) -> bool:
    """Stores why a leased trace failed; False if its lease was lost."""
    return _end(documents, leased, State.FAILED, failure)


def put_back(documents: Documents, document: Document, counted: bool = True) -> bool:
    """Puts a running trace into the queue again. If `counted`, one that has had all its attempts fails instead."""
    if counted and LEASES.is_exhausted(document):
        reason = f"gave up: {LEASES.attempts} attempts did not end"
        return fail(documents, document, Failure("INTERNAL", reason))
    record = StartedTrace.of(document)
    return LEASES.give_back(documents, document, record.to_body(), record.started, counted)


def queue_if_lost(documents: Documents, document: Document) -> bool:
    """Puts a trace in the state done into the queue again if its result is not stored; whether it did."""
    if stored_traces.head(documents, document.key) is not None:
        return False
    record = StartedTrace.of(document)
    new = StartedTrace(record.request, record.by, record.started)
    return end(documents, document, new.to_body(), State.QUEUED.value, new.started)


def stop(documents: Documents, id: str) -> bool:
    """Stops a queued or running trace; False for any other. Its worker stops at its next report."""
    for _ in range(_TRIES):
        document = get(documents, id)
        if document is None or document.state not in (State.QUEUED.value, State.RUNNING.value):
            return False
        if _end(documents, document, State.STOPPED):
            return True
    return False


def remove_old(documents: Documents) -> None:
    """Removes the ended traces beyond the last `MOST_ENDED` of each state."""
    for state in (State.DONE, State.FAILED, State.STOPPED):
        ended = documents.page(KIND, state.value, limit=MOST_ENDED)
        if len(ended) == MOST_ENDED:
            for old in documents.page(KIND, state.value, Place(ended[-1].rank, ended[-1].key)):
                documents.remove(KIND, old.key)
                stored_traces.remove(documents, old.key)


def _end(documents: Documents, document: Document, state: State, failure: Failure | None = None) -> bool:
    record = replace(StartedTrace.of(document), failure=failure)
    return end(documents, document, record.to_body(), state.value, -record.started)


def _belongs_to_another(documents: Documents, id: str) -> bool:
    """Whether another server works on a trace or has finished it, so that the stored result is that server's."""
    document = get(documents, id)
    return document is not None and document.state != State.STOPPED.value
