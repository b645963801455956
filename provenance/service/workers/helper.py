"""The traces that a helper process computes for the process that answers requests."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provenance.errors import Stopped, StoreError
from provenance.service.tracing.request import TraceRequest, request_from_json
from provenance.service.tracing.run import TraceRun
from provenance.service.tracing.watched_store import Progress
from provenance.service.tracing.wire import part_json, parts_of, runs_json, trace_head
from provenance.store.interface import Store
from provenance.trace.trace import trace_from

_LOG = logging.getLogger("provenance.service")
_THREADS = 4


class HelperTraces:
    """Computes requested traces, a few at once. The messages about one are `{"trace": NUMBER}` with `seen` and `path` (its
    progress), with a `part`, and last with the `head` or with `failed`."""

    def __init__(self, store: Store, send: Callable[[Any], None]) -> None:
        self._store, self._send = store, send
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="helper")
        self._lock = threading.Lock()
        self._runs: dict[int, TraceRun] = {}

    def begin(self, number: int, body: list[Any]) -> None:
        """Begins the trace of a request, given as JSON, as soon as a thread is free; `number` identifies it in messages."""
        request = request_from_json(body)
        run = TraceRun(self._store, request.direction)
        with self._lock:
            self._runs[number] = run
        self._threads.submit(self._make, number, request, run)

    def end(self, number: int) -> None:
        """Stops the trace with a number."""
        with self._lock:
            run = self._runs.get(number)
        if run is not None:
            run.stop()

    def close(self) -> None:
        """Stops all traces and waits for their end: the store is closed next."""
        with self._lock:
            for run in self._runs.values():
                run.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _make(self, number: int, request: TraceRequest, run: TraceRun) -> None:
        failure: str | None = "internal error: see the log of the service"
        try:
            self._trace(number, request, run)
            failure = None
        except Stopped:
            failure = None
        except StoreError as error:
            failure = str(error)
        finally:
            with self._lock:
                del self._runs[number]
            if failure is not None:
                _LOG.error("trace failed", extra={"why": failure})
                self._send({"trace": number, "failed": failure})

    def _trace(self, number: int, request: TraceRequest, run: TraceRun) -> None:
        def report(progress: Progress) -> bool:
            seen = [progress.entities, progress.runs]
            self._send({"trace": number, "seen": seen, "path": runs_json(progress.path)})
            return True

        trace = run.make(
            lambda store: trace_from(
                store, request.direction, request.start, request.at, None, request.budget, most_steps=request.steps
            ),
            report,
        )
        report(run.progress)
        for part in parts_of(trace):
            run.check()
            self._send({"trace": number, "part": part_json(part)})
        self._send({"trace": number, "head": trace_head(trace)})
