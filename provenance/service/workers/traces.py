"""Working on traces that somebody started, beside the alerts: a long one keeps no alert waiting."""

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
from provenance.service.tracing import started
from provenance.service.tracing.request import request_of
from provenance.service.tracing.run import TraceRun
from provenance.service.tracing.start import Failure, StartedTrace
from provenance.service.tracing.watched import Progress, WatchedStore
from provenance.store.documents import Document, Documents
from provenance.trace.result import Trace

_LOG = logging.getLogger("provenance.service")
_REST_S = 0.5
_CODES = {Ambiguous: "AMBIGUOUS", NothingFound: "NOT_FOUND", OutOfTime: "OUT_OF_TIME"}


@dataclass(slots=True)
class _Work:
    """One that is being traced, as it was last written down."""

    document: Document
    run: TraceRun


class StartedWork:
    """Takes traces out of the queue for a server. Threads may share it; `taking` is held while one is taken."""

    def __init__(self, service: Service, owner: str, taking: threading.Lock) -> None:
        self._service, self._owner, self._taking = service, owner, taking
        self._stopping = threading.Event()
        self._busy: dict[str, _Work] = {}

    def held(self) -> frozenset[str]:
        """The keys of what is worked on."""
        return frozenset(self._busy)

    def stop(self) -> None:
        """End the work where it is; it goes back into the queue, and nothing more is taken."""
        self._stopping.set()
        with self._taking:
            for work in self._busy.values():
                work.run.stop()

    def put_back(self) -> None:
        """Put what has not ended back into the queue. Raises StoreError."""
        for work in list(self._busy.values()):
            started.put_back(self._service.documents, work.document, counted=False)

    def step(self) -> bool:
        """Work on one; False when there is none. Raises StoreError."""
        documents = self._service.documents
        with self._taking:
            taken = None if self._stopping.is_set() else started.take(documents, self._owner)
            if taken is None:
                return False
            request = StartedTrace.of(taken).request
            run = TraceRun(self._service.store, request.direction, request.seconds)
            work = self._busy[taken.key] = _Work(taken, run)
        try:
            state = self._worked(documents, work)
        finally:
            self._busy.pop(taken.key, None)
        _LOG.info("a started trace was worked on", extra={"trace": taken.key, "state": state})
        started.forget(documents)
        return True

    def _worked(self, documents: Documents, work: _Work) -> str:
        """Trace and write down how it ended: that in a word."""
        try:
            made = self._traced(documents, work)
        except Stopped:
            if self._stopping.is_set():
                started.put_back(documents, work.document, counted=False)
                return "put back"
            return "stopped"
        except (UsageError, NothingFound, OutOfTime) as error:
            self._fail(documents, work, error)
            return "failed"
        except StoreError as error:
            _LOG.error("a started trace waits for the store", extra={"trace": work.document.key, "why": str(error)})
            self._stopping.wait(_REST_S)
            started.put_back(documents, work.document, counted=not isinstance(error, StoreUnreachable))
            return "put back"
        return "done" if started.finish(documents, work.document, made, self._service.clock()) else "stopped"

    def _fail(self, documents: Documents, work: _Work, error: ProvenanceError) -> None:
        code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "BAD_INPUT")
        details = {"matches": error.matches} if isinstance(error, Ambiguous) else {}
        started.fail(documents, work.document, Failure(code, str(error), details))

    def _traced(self, documents: Documents, work: _Work) -> Trace:
        request = StartedTrace.of(work.document).request

        def report(progress: Progress) -> bool:
            """One that was stopped meanwhile, or given to another server, ends."""
            with suppress(StoreError):
                reported = started.report(documents, work.document, progress)
                if reported is None:
                    return False
                work.document = reported
            return True

        def make(store: WatchedStore) -> Trace:
            wanted = request_of(store, request.direction, request.start, request.at, request.budget)
            return self._service.tracer.trace(store, wanted)

        return work.run.make(make, report)
