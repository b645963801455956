"""A process that traces makes traces for the process that serves, too: whoever asked there follows them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provenance.errors import Stopped, StoreError
from provenance.service.tracing.request import TraceRequest, request_from
from provenance.service.tracing.run import TraceRun
from provenance.service.tracing.watched import Progress
from provenance.service.tracing.wire import head_of, pieces, write, write_runs
from provenance.store.interface import Store
from provenance.trace.trace import trace_from

_LOG = logging.getLogger("provenance.service")
_THREADS = 4


class HelperTraces:
    """Makes them, a few at once. What is sent of one: `{"trace": NUMBER}` with `seen` and `path`, a `piece`, at last the
    `head`, or `failed`."""

    def __init__(self, store: Store, send: Callable[[Any], None]) -> None:
        self._store, self._send = store, send
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="helper")
        self._lock = threading.Lock()
        self._runs: dict[int, TraceRun] = {}

    def begin(self, number: int, body: list[Any]) -> None:
        """Begin one, by its number and the JSON of its request, as soon as a thread is free."""
        request = request_from(body)
        run = TraceRun(self._store, request.direction)
        with self._lock:
            self._runs[number] = run
        self._threads.submit(self._make, number, request, run)

    def end(self, number: int) -> None:
        """Nobody waits for it any longer."""
        with self._lock:
            run = self._runs.get(number)
        if run is not None:
            run.stop()

    def close(self) -> None:
        """End all of them, and wait for it: the store is closed next."""
        with self._lock:
            for run in self._runs.values():
                run.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _make(self, number: int, request: TraceRequest, run: TraceRun) -> None:
        failed: str | None = "an error of ours; the log of the service says which"
        try:
            self._trace(number, request, run)
            failed = None
        except Stopped:
            failed = None
        except StoreError as error:
            failed = str(error)
        finally:
            with self._lock:
                del self._runs[number]
            if failed is not None:
                _LOG.error("a trace failed", extra={"why": failed})
                self._send({"trace": number, "failed": failed})

    def _trace(self, number: int, request: TraceRequest, run: TraceRun) -> None:
        def report(progress: Progress) -> bool:
            seen = [progress.entities, progress.runs]
            self._send({"trace": number, "seen": seen, "path": write_runs(progress.path)})
            return True

        made = run.make(
            lambda store: trace_from(store, request.direction, request.start, request.at, None, request.budget), report
        )
        report(run.progress)
        for piece in pieces(made):
            run.check()
            self._send({"trace": number, "piece": write(piece)})
        self._send({"trace": number, "head": head_of(made)})
