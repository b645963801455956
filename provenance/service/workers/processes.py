"""The processes that trace for a service, so that whoever asks it something does not wait behind a trace for the processor.

Each is a server of its own to the queue, with its own connections to the store: what one held that was killed goes back into
the queue, and another is started in its stead. They end with the process that started them, however that one ends: it holds
one end of a pipe, and when that is closed they stop at once.
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
from provenance.service.tracing.watched import WatchedStore
from provenance.service.workers.alerts import Finished, Told
from provenance.service.workers.link import RING, STOP, WARM, Link
from provenance.store.interface import Store
from provenance.trace.result import Trace

Opening = Callable[[], Store]
"""Opens the store anew. It is sent to another process, so it is a function of a module, or a `functools.partial` of one."""
_LOG = logging.getLogger("provenance.service")
_AGAIN_S, _LONGEST_S = 0.2, 30.0
"""How long a process that ended is waited for before it is started again; twice as long each time, up to the second."""
_GOOD_S = 60.0
"""After how long a process counts as one that works."""
_LAST_S = 8.0
"""How long a process that was told to stop may take beyond what its work may."""


class Processes:
    """As many as the settings say."""

    def __init__(self, settings: Settings, opening: Opening) -> None:
        self._settings, self._given = settings, pickle.dumps((opening, settings))
        self._finished: Told = lambda _: None
        self._lost: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._links: set[Link] = set()
        self.warm = threading.Event()
        """Set when one of them is as quick as it will be, or when they stop."""

    def report(self, finished: Told, lost: Callable[[], None]) -> None:
        """Whom to tell, before they run, of what they finished and that one has died."""
        self._finished, self._lost = finished, lost

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have them trace while the context lasts."""
        threads = [
            threading.Thread(target=self._keep, name=f"tracing-{number}", daemon=True)
            for number in range(self._settings.processes)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop(threads)

    def ring(self) -> None:
        """There is something in the queue."""
        self._say(RING)

    def trace(self, request: TraceRequest, store: WatchedStore) -> Trace | None:
        """Have a trace made by the one that has least to do; None when none is ready. Raises StoreError when it dies."""
        with self._lock:
            ready = [link for link in self._links if link.warm]
        return min(ready, key=lambda link: link.busy).trace(request, store) if ready else None

    def _say(self, what: str) -> None:
        with self._lock:
            for link in self._links:
                link.say(what)

    def _stop(self, threads: list[threading.Thread]) -> None:
        self._stopping.set()
        self.warm.set()
        self._say(STOP)
        deadline = time.monotonic() + self._settings.stop_s + _LAST_S
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        with self._lock:
            for link in self._links:
                link.process.kill()
        for thread in threads:
            thread.join(_LAST_S)

    def _keep(self) -> None:
        """Start one again and again until all are to stop."""
        pause = _AGAIN_S
        while not self._stopping.is_set():
            begun = time.monotonic()
            code = self._one()
            if self._stopping.is_set():
                return
            _LOG.error("a process that traces ended and is started again", extra={"exit_code": code})
            self._lost()
            pause = _AGAIN_S if time.monotonic() - begun > _GOOD_S else pause
            self._stopping.wait(pause)
            pause = min(pause * 2, _LONGEST_S)

    def _one(self) -> int:
        """Start one, and hear what it says until it ends: its exit code. A terminal's Ctrl-C is not for it."""
        # It imports what this one does, and nothing that lies where the service was started (-P).
        command = [sys.executable, "-P", "-m", "provenance.service.workers.process"]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as process:
            _LOG.info("a process traces", extra={"pid": process.pid})
            link = Link(process, self._given)
            with self._lock:
                self._links.add(link)
            if self._stopping.is_set():
                link.say(STOP)
            try:
                for message in link.heard():
                    if message == WARM:
                        self.warm.set()
                    else:
                        self._finished(_finished(message))
            finally:
                with self._lock:
                    self._links.discard(link)
        return process.returncode


def told(finished: Finished) -> dict[str, Any]:
    """What is said of an alert that was worked on."""
    return {"state": finished.state.value, "s": finished.seconds, "origin": finished.origin}


def _finished(message: dict[str, Any]) -> Finished:
    return Finished(State(message["state"]), message["s"], message["origin"])
