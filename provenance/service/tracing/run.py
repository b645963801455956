"""The run of a trace that reports its progress and can be stopped.

`make` runs the trace in the caller's thread and reports progress every half second; `begin` runs it in another thread, and the
caller reads `progress` at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import Progress, WatchedStore
from provenance.store.interface import Direction, Store
from provenance.trace.result import Trace
from provenance.trace.slice.path_so_far import PathSoFar

_REPORT_S = 0.5
Make = Callable[[WatchedStore], Trace]
"""Computes a trace from a store that counts what is read."""
Submit = Callable[[Callable[[], Trace]], Future[Trace]]
"""Has a function called in another thread."""
Report = Callable[[Progress], bool]
"""Receives the progress of a trace; returns False to stop it."""


class TraceRun:
    """The run of one trace, limited to `seconds` (None for no limit)."""

    def __init__(self, store: Store, direction: Direction, seconds: float | None = None) -> None:
        self._brake = Brake(seconds)
        self._store = WatchedStore(store, self._brake, PathSoFar(direction))
        self._result: Future[Trace] = Future()

    @property
    def progress(self) -> Progress:
        """The progress so far."""
        return self._store.progress

    def begin(self, submit: Submit, make: Make) -> Future[Trace]:
        """Computes the trace in another thread as soon as one is free."""
        self._result = submit(lambda: make(self._store))
        return self._result

    def make(self, make: Make, report: Report) -> Trace:
        """Computes the trace in this thread, and stops when `report` returns False. Raises Stopped, OutOfTime, and the errors of
        `make`."""
        self._brake.check()
        with _every(_REPORT_S, lambda: self._report(report)):
            return make(self._store)

    def _report(self, report: Report) -> bool:
        wanted = report(self.progress)
        if not wanted:
            self.stop()
        return wanted

    def check(self) -> None:
        """Raises Stopped or OutOfTime if the run must end."""
        self._brake.check()

    def stop(self) -> None:
        """Stops the run, wherever it is."""
        self._brake.stop()
        self._result.cancel()


@contextmanager
def _every(seconds: float, act: Callable[[], bool]) -> Iterator[None]:
    """Calls `act` every `seconds` in another thread until the context ends or `act` returns False."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds) and act():
            pass

    thread = threading.Thread(target=repeat, name="reporting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
