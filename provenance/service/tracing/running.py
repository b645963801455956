"""A trace that runs as long as somebody follows it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future

from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched import WatchedStore
from provenance.store.interface import Direction, Store
from provenance.trace.path_so_far import PathSoFar
from provenance.trace.result import Trace


class RunningTrace:
    """A trace that another thread makes: what it has seen so far, and its result when it is done."""

    def __init__(self, store: Store, direction: Direction, seconds: float) -> None:
        self._brake = Brake(seconds)
        self.store = WatchedStore(store, self._brake, PathSoFar(direction))
        self.result: Future[Trace] = Future()

    def begin(self, threads: Executor, make: Callable[[WatchedStore], Trace]) -> None:
        """Make it with a store that counts, as soon as a thread is free."""
        self.result = threads.submit(lambda: make(self.store))

    def stop(self) -> None:
        """End the work where it is."""
        self._brake.stop()
        self.result.cancel()
