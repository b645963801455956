"""Traces that a process makes for the one that answers, which sends them to those who asked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provenance.errors import Stopped, StoreError
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.request import Wanted, read
from provenance.service.tracing.watched import WatchedStore
from provenance.service.tracing.wire import head_of, pieces, write, write_runs
from provenance.service.workers.ticking import every
from provenance.store.interface import Store
from provenance.trace.path_so_far import PathSoFar
from provenance.trace.trace import trace_from

_LOG = logging.getLogger("provenance.service")
_TELL_S = 0.5
_THREADS = 4


class AskedTraces:
    """Makes them, a few at once. What is said of one: `{"trace": NUMBER}` with `seen` and `path`, a `piece`, at last the
    `head`, or `failed`."""

    def __init__(self, store: Store, say: Callable[[Any], None]) -> None:
        self._store, self._say = store, say
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="asked")
        self._lock = threading.Lock()
        self._brakes: dict[int, Brake] = {}

    def begin(self, number: int, wanted: list[Any]) -> None:
        """Begin one, by its number, as soon as a thread is free."""
        brake = Brake(None)
        with self._lock:
            self._brakes[number] = brake
        self._threads.submit(self._make, number, read(wanted), brake)

    def end(self, number: int) -> None:
        """Nobody waits for it any longer."""
        with self._lock:
            brake = self._brakes.get(number)
        if brake is not None:
            brake.stop()

    def close(self) -> None:
        """End all of them, and wait for it: the store is closed next."""
        with self._lock:
            for brake in self._brakes.values():
                brake.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _make(self, number: int, wanted: Wanted, brake: Brake) -> None:
        failed: str | None = "an error of ours; the log of the service says which"
        try:
            self._trace(number, wanted, brake)
            failed = None
        except Stopped:
            failed = None
        except StoreError as error:
            failed = str(error)
        finally:
            with self._lock:
                del self._brakes[number]
            if failed is not None:
                _LOG.error("a trace failed", extra={"why": failed})
                self._say({"trace": number, "failed": failed})

    def _trace(self, number: int, wanted: Wanted, brake: Brake) -> None:
        so_far = PathSoFar(wanted.direction)
        store = WatchedStore(self._store, brake, so_far)

        def tell() -> bool:
            seen = [len(store.reached), store.flows_seen]
            self._say({"trace": number, "seen": seen, "path": write_runs(so_far.best())})
            return True

        brake.check()
        with every(_TELL_S, tell):
            made = trace_from(store, wanted.direction, wanted.start, wanted.at, None, wanted.budget)
        tell()
        for piece in pieces(made):
            brake.check()
            self._say({"trace": number, "piece": write(piece)})
        self._say({"trace": number, "head": head_of(made)})
