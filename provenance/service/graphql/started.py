"""Traces that were started and run on by themselves, to be followed and stopped by their id."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor, Future

from provenance.service.graphql.errors import Refused
from provenance.service.graphql.watched import Brake, WatchedStore
from provenance.store.interface import Direction, Store
from provenance.trace.path_so_far import PathSoFar
from provenance.trace.result import Trace

_RUNNING, _REMEMBERED = 8, 64


class RunningTrace:
    """A trace that another thread makes: what it has seen so far, and its result when it is done."""

    def __init__(self, store: Store, direction: Direction, seconds: float) -> None:
        self.id = f"trace:{secrets.token_hex(8)}"
        self.so_far = PathSoFar(direction)
        self._brake = Brake(seconds)
        self.store = WatchedStore(store, self._brake, self.so_far)
        self.result: Future[Trace] = Future()

    def begin(self, threads: Executor, make: Callable[[Store], Trace]) -> None:
        """Make it with a store that counts, as soon as a thread is free."""
        self.result = threads.submit(lambda: make(self.store))

    def stop(self) -> None:
        """End the work where it is."""
        self._brake.stop()
        self.result.cancel()


class StartedTraces:
    """The traces of this server that were started, the last ones after they are done too. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[str, RunningTrace] = OrderedDict()

    def start(self, trace: RunningTrace, threads: Executor, make: Callable[[Store], Trace]) -> None:
        """Begin a trace and remember it. Raises Refused when too many run."""
        with self._lock:
            running = sum(not known.result.done() for known in self._traces.values())
            if running >= _RUNNING:
                raise Refused("TOO_OFTEN", f"{running} started traces still run: stop one, or wait")
            trace.begin(threads, make)
            self._traces[trace.id] = trace
            while len(self._traces) > _REMEMBERED:
                done = next(id for id, known in self._traces.items() if known.result.done())
                del self._traces[done]

    def get(self, id: str) -> RunningTrace | None:
        """A trace by its id, None when it is not remembered."""
        with self._lock:
            return self._traces.get(id)

    def stop(self) -> None:
        """Stop them all."""
        with self._lock:
            for trace in self._traces.values():
                trace.stop()
