"""The work on started traces, in threads of their own so that a long trace does not delay alerts."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass

from provenance.errors import (
    Ambiguous,
    NothingFound,
    OutOfTime,
    ProvenanceError,
    Stopped,
    StoreError,
    StoreUnreachable,
    UsageError,
)
from provenance.service.service import Service
from provenance.service.tracing import started_traces
from provenance.service.tracing.request import request_of
from provenance.service.tracing.run import TraceRun
from provenance.service.tracing.start import Failure, StartedTrace
from provenance.service.tracing.watched_store import Progress, WatchedStore
from provenance.store.documents import Document, Documents
from provenance.trace.result import Trace

_LOG = logging.getLogger("provenance.service")
_PAUSE_S = 0.5
_CODES = {Ambiguous: "AMBIGUOUS", NothingFound: "NOT_FOUND", OutOfTime: "OUT_OF_TIME"}


@dataclass(slots=True)
class _Work:
    """A running trace: its document as last written, and its run."""

    document: Document
    run: TraceRun


class StartedWork:
    """Takes started traces from the queue for a server and computes them. Threads may share it. `take_lock` is held while one is
    taken."""

    def __init__(self, service: Service, owner: str, take_lock: threading.Lock) -> None:
        self._service, self._owner, self._take_lock = service, owner, take_lock
        self._stopping = threading.Event()
        self._busy: dict[str, _Work] = {}

    def leased_keys(self) -> frozenset[str]:
        """The keys of the running traces."""
        return frozenset(self._busy)

    def stop(self) -> None:
        """Stops all running traces, which go back into the queue; no others are taken."""
        self._stopping.set()
        with self._take_lock:
            for work in self._busy.values():
                work.run.stop()

    def put_back(self) -> None:
        """Puts the running traces back into the queue. Raises StoreError."""
        for work in list(self._busy.values()):
            started_traces.put_back(self._service.documents, work.document, counted=False)

    def step(self) -> bool:
        """Takes and computes one trace; False if the queue is empty. Raises StoreError."""
        documents = self._service.documents
        with self._take_lock:
            leased = None if self._stopping.is_set() else started_traces.take(documents, self._owner)
            if leased is None:
                return False
            request = StartedTrace.of(leased).request
            run = TraceRun(self._service.store, request.direction, request.seconds)
            work = self._busy[leased.key] = _Work(leased, run)
        try:
            state = self._work_on(documents, work)
        finally:
            self._busy.pop(leased.key, None)
        _LOG.info("work on a started trace ended", extra={"trace": leased.key, "state": state})
        started_traces.remove_old(documents)
        return True

    def _work_on(self, documents: Documents, work: _Work) -> str:
        """Computes a trace, stores its result, and returns the new state for the log."""
        try:
            trace = self._trace(documents, work)
        except Stopped:
            if self._stopping.is_set():
                started_traces.put_back(documents, work.document, counted=False)
                return "put back"
            return "stopped"
        except (UsageError, NothingFound, OutOfTime) as error:
            self._fail(documents, work, error)
            return "failed"
        except StoreError as error:
            _LOG.error(
                "store error during work on a started trace", extra={"trace": work.document.key, "why": str(error)}
            )
            self._stopping.wait(_PAUSE_S)
            started_traces.put_back(documents, work.document, counted=not isinstance(error, StoreUnreachable))
            return "put back"
        finished = started_traces.finish(documents, work.document, trace, self._service.clock())
        return "done" if finished else "stopped"

    def _fail(self, documents: Documents, work: _Work, error: ProvenanceError) -> None:
        code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "BAD_INPUT")
        details = {"matches": error.matches} if isinstance(error, Ambiguous) else {}
        started_traces.fail(documents, work.document, Failure(code, str(error), details))

    def _trace(self, documents: Documents, work: _Work) -> Trace:
        request = StartedTrace.of(work.document).request

        def report(progress: Progress) -> bool:
            """Stores the progress; False if the trace was stopped meanwhile or its lease was lost."""
            with suppress(StoreError):
                document = started_traces.report(documents, work.document, progress)
                if document is None:
                    return False
                work.document = document
            return True

        def make(store: WatchedStore) -> Trace:
            trace_request = request_of(
                store, request.direction, request.start, request.at, request.budget, request.steps
            )
            return self._service.tracer.trace(store, trace_request)

        return work.run.make(make, report)
