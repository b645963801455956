"""Working on traces that somebody started, beside the alerts: a long one keeps no alert waiting."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass

from provenance.errors import (
    NothingFound,
    OutOfTime,
    ProvenanceError,
    Stopped,
    StoreError,
    StoreUnreachable,
    UsageError,
)
from provenance.service.graphql.base.errors import Refused
from provenance.service.graphql.base.scalars import Time
from provenance.service.graphql.graph.selecting import SelectionInput, anchors_of
from provenance.service.service import Service
from provenance.service.tracing import started
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched import WatchedStore
from provenance.service.tracing.wire import write_runs
from provenance.service.workers.ticking import every
from provenance.store.documents import Document, Documents
from provenance.store.interface import Direction
from provenance.trace.budget import Budget
from provenance.trace.path_so_far import PathSoFar
from provenance.trace.result import Trace
from provenance.trace.trace import trace

_LOG = logging.getLogger("provenance.service")
_TELL_S = 0.5


@dataclass(slots=True)
class _Work:
    """One that is being traced, as it was last written down."""

    document: Document
    brake: Brake


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
                work.brake.stop()

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
            work = self._busy[taken.key] = _Work(taken, Brake(started.asked_of(taken).seconds))
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
        except (Refused, UsageError, NothingFound, OutOfTime) as error:
            self._fail(documents, work, error)
            return "failed"
        except StoreError as error:
            _LOG.error("a started trace waits for the store", extra={"trace": work.document.key, "why": str(error)})
            self._stopping.wait(_TELL_S)
            started.put_back(documents, work.document, counted=not isinstance(error, StoreUnreachable))
            return "put back"
        return "done" if started.finish(documents, work.document, made) else "stopped"

    def _fail(self, documents: Documents, work: _Work, error: ProvenanceError) -> None:
        codes = {NothingFound: "NOT_FOUND", OutOfTime: "OUT_OF_TIME"}
        code = error.code if isinstance(error, Refused) else codes.get(type(error), "BAD_INPUT")
        started.fail(documents, work.document, code, str(error), error.details if isinstance(error, Refused) else {})

    def _traced(self, documents: Documents, work: _Work) -> Trace:
        asked = started.asked_of(work.document)
        direction = Direction(asked.direction)
        so_far = PathSoFar(direction)
        store = WatchedStore(self._service.store, work.brake, so_far)

        def tell() -> bool:
            """One that was stopped meanwhile, or given to somebody else, ends."""
            with suppress(StoreError):
                seen = len(store.reached), store.flows_seen
                told = started.tell(documents, work.document, seen, write_runs(so_far.best()))
                if told is None:
                    work.brake.stop()
                    return False
                work.document = told
            return True

        with every(_TELL_S, tell):
            at = None if asked.at is None else Time(asked.at)
            found, moment = anchors_of(store, SelectionInput(**asked.start), direction, at)
            nodes, edges, depth = asked.budget
            return trace(store, direction, found, moment, None, Budget(nodes, edges, depth))
