"""A trace that is watched while it is made, and can be stopped: every trace that somebody follows runs here.

Whoever waits in the same thread calls `make`, which reports progress every half second; whoever waits elsewhere calls `begin` and
looks at `progress` when it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager

from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched import Progress, WatchedStore
from provenance.store.interface import Direction, Store
from provenance.trace.path_so_far import PathSoFar
from provenance.trace.result import Trace

_REPORT_S = 0.5
Make = Callable[[WatchedStore], Trace]
"""Makes a trace with a store that counts."""
Report = Callable[[Progress], bool]
"""Is told how far a trace is; false when nobody wants it any longer."""


class TraceRun:
    """One trace in the making. `seconds` is how long it may take, None for no limit."""

    def __init__(self, store: Store, direction: Direction, seconds: float | None = None) -> None:
        self._brake = Brake(seconds)
        self._store = WatchedStore(store, self._brake, PathSoFar(direction))
        self._result: Future[Trace] = Future()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._store.progress

    def begin(self, threads: Executor, make: Make) -> Future[Trace]:
        """Make it as soon as a thread is free."""
        self._result = threads.submit(lambda: make(self._store))
        return self._result

    def make(self, make: Make, report: Report) -> Trace:
        """Make it in this thread, and stop it when `report` is false. Raises Stopped, OutOfTime, and what `make` raises."""
        self._brake.check()
        with _every(_REPORT_S, lambda: self._report(report)):
            return make(self._store)

    def _report(self, report: Report) -> bool:
        wanted = report(self.progress)
        if not wanted:
            self.stop()
        return wanted

    def check(self) -> None:
        """Raise Stopped or OutOfTime when the work is to end."""
        self._brake.check()

    def stop(self) -> None:
        """End the work where it is."""
        self._brake.stop()
        self._result.cancel()


@contextmanager
def _every(seconds: float, act: Callable[[], bool]) -> Iterator[None]:
    """Act every so often while the context lasts, or until `act` is false."""
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
