"""The helper processes of a service: they trace, so that answers to requests do not wait for the processor behind a trace.

For the queues each is a server of its own, with its own connections to the store: the work of a killed one goes back into the
queue, and a new process is started in its place. They end with the process that started them, however that ends, because their
standard input is then closed.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from provenance.alerts.record import State
from provenance.service.settings import Settings
from provenance.service.tracing.request import TraceRequest
from provenance.service.tracing.watched_store import WatchedStore
from provenance.service.workers.alerts import FinishedAlert, FinishedListener
from provenance.service.workers.link import STOP, WAKE, WARM, Link
from provenance.store.interface import Store
from provenance.trace.result import Trace

StoreOpener = Callable[[], Store]
"""Opens the store in another process. It is pickled, so it must be a function of a module, or a `functools.partial` of one."""
_LOG = logging.getLogger("provenance.service")
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 30.0
"""The pause before a process that ended is started again; it doubles each time, up to the longest."""
_STABLE_S = 60.0
"""The run time after which the pause begins again with the shortest."""
_LAST_S = 8.0
"""The time that a process may take to end after its work has ended (seconds)."""


class Processes:
    """The helper processes, as many as the settings give."""

    def __init__(self, settings: Settings, open_store: StoreOpener) -> None:
        self._settings, self._setup = settings, pickle.dumps((open_store, settings))
        self._on_finished: FinishedListener = lambda _: None
        self._on_death: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._links: set[Link] = set()
        self.warm = threading.Event()
        """Set when one of them has warmed the store up, or when they stop."""

    def report_to(self, on_finished: FinishedListener, on_death: Callable[[], None]) -> None:
        """Sets the listeners for finished alerts and for the death of a process; to be called before they run."""
        self._on_finished, self._on_death = on_finished, on_death

    @contextmanager
    def running(self) -> Iterator[None]:
        """Runs the processes while the context lasts."""
        threads = [
            threading.Thread(target=self._supervise, name=f"tracing-{number}", daemon=True)
            for number in range(self._settings.processes)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop(threads)

    def wake(self) -> None:
        """Makes all processes look at the queue."""
        self._send_to_all(WAKE)

    def trace(self, request: TraceRequest, store: WatchedStore) -> Trace | None:
        """Has the process with the lowest load compute a trace; None if none is warm. Raises StoreError if it dies."""
        with self._lock:
            ready = [link for link in self._links if link.warm]
        return min(ready, key=lambda link: link.load).trace(request, store) if ready else None

    def kill(self) -> None:
        """Ends all processes at once."""
        for link in list(self._links):
            link.process.kill()

    def _send_to_all(self, message: str) -> None:
        with self._lock:
            for link in self._links:
                link.send(message)

    def _stop(self, threads: list[threading.Thread]) -> None:
        self._stopping.set()
        self.warm.set()
        self._send_to_all(STOP)
        deadline = time.monotonic() + self._settings.stop_s + _LAST_S
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        with self._lock:
            for link in self._links:
                link.process.kill()
        for thread in threads:
            thread.join(_LAST_S)

    def _supervise(self) -> None:
        """Starts a process, and starts it again whenever it ends, until the service stops."""
        pause = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            begin = time.monotonic()
            code = self._run_process()
            if self._stopping.is_set():
                return
            _LOG.error("a helper process ended and is started again", extra={"exit_code": code})
            self._on_death()
            pause = _FIRST_PAUSE_S if time.monotonic() - begin > _STABLE_S else pause
            self._stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _run_process(self) -> int:
        """Starts a process, receives its messages until it ends, and returns its exit code. It is in a session of its own, so
        that Ctrl-C in a terminal does not reach it."""
        # It imports what this process does, and nothing from the working directory (-P).
        command = [sys.executable, "-P", "-m", "provenance.service.workers.process"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as process:
            _LOG.info("a helper process started", extra={"pid": process.pid})
            link = Link(process, self._setup)
            with self._lock:
                self._links.add(link)
            if self._stopping.is_set():
                link.send(STOP)
            try:
                for message in link.messages():
                    if message == WARM:
                        self.warm.set()
                    else:
                        self._on_finished(_read_finished(message))
            finally:
                with self._lock:
                    self._links.discard(link)
        return process.returncode


def finished_json(finished: FinishedAlert) -> dict[str, Any]:
    """The message about a finished alert."""
    return {"state": finished.state.value, "s": finished.seconds, "origin": finished.origin}


def _read_finished(message: dict[str, Any]) -> FinishedAlert:
    return FinishedAlert(State(message["state"]), message["s"], message["origin"])
