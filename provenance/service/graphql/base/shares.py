"""The threads that read the store, shared among callers: none gets all of them, so that nobody waits for another's work."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

_T = TypeVar("_T")


class _Task(NamedTuple):
    future: Future[Any]
    work: Callable[[], Any]


class SharedThreads:
    """`workers` threads, of which one caller uses at most `each` at once; the rest of its work waits in a queue of its own.
    Threads may share it."""

    def __init__(self, workers: int, each: int) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="graphql")
        self._each = each
        # Work that ends at once calls its callback in the thread that has just begun it.
        self._lock = threading.RLock()
        self._running: dict[str, int] = {}
        self._queued: dict[str, deque[_Task]] = {}

    def submit(self, caller: str, work: Callable[[], _T]) -> Future[_T]:
        """The future result of a function that a thread calls for a caller. Raises RuntimeError after `close`."""
        task = _Task(Future(), work)
        with self._lock:
            if self._running.get(caller, 0) < self._each:
                self._running[caller] = self._running.get(caller, 0) + 1
                self._begin(caller, task)
            else:
                self._queued.setdefault(caller, deque()).append(task)
        return task.future

    def close(self) -> None:
        """Accepts no more work, drops what has not begun, and waits for the rest."""
        with self._lock:
            dropped = [task for queue in self._queued.values() for task in queue]
            self._queued.clear()
        for task in dropped:
            task.future.cancel()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _begin(self, caller: str, task: _Task) -> None:
        def run() -> Any:
            return task.work() if task.future.set_running_or_notify_cancel() else None

        def end(ran: Future[Any]) -> None:
            _copy(ran, task.future)
            self._next(caller)

        self._threads.submit(run).add_done_callback(end)

    def _next(self, caller: str) -> None:
        """Begins the next work of a caller, of which one has just ended."""
        with self._lock:
            queue = self._queued.get(caller, deque())
            while queue and queue[0].future.cancelled():
                queue.popleft()
            if queue:
                self._begin(caller, queue.popleft())
                return
            self._queued.pop(caller, None)
            self._running[caller] -= 1
            if not self._running[caller]:
                del self._running[caller]


def _copy(ran: Future[Any], to: Future[Any]) -> None:
    """Gives the result of a future to another one, unless that was cancelled."""
    if ran.cancelled():
        to.cancel()
    elif not to.cancelled():
        error = ran.exception()
        if error is None:
            to.set_result(ran.result())
        else:
            to.set_exception(error)
