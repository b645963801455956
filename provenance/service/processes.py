"""The processes that trace for a service, so that whoever asks it something does not wait behind a trace for the processor.

Each is a server of its own to the queue, with its own connections to the store: what one held that was killed goes back into
the queue, and another is started in its stead. They end with the process that started them, however that one ends: it holds
one end of a pipe, and when that is closed they stop at once.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from provenance.service.queue import State
from provenance.service.settings import Settings
from provenance.service.worker import Finished, Told
from provenance.store.interface import Alert, Store

Opening = Callable[[], Store]
"""Opens the store anew. It is sent to another process, so it is a function of a module, or a `functools.partial` of one."""
RING, STOP = b"r", b"s"
"""What is said to a process: look at the queue; end when what is begun is done."""
WARM = "warm"
_LOG = logging.getLogger("provenance.service")
_AGAIN_S, _LONGEST_S = 0.2, 30.0
"""How long a process that ended is waited for before it is started again; twice as long each time, up to the second."""
_GOOD_S = 60.0
"""After how long a process counts as one that works."""
_LAST_S = 8.0
"""How long a process that was told to stop may take beyond what its work may."""


class Processes:
    """As many as the settings say. `finished` is told of what they finished, `lost` when one has died."""

    def __init__(self, settings: Settings, opening: Opening, finished: Told, lost: Callable[[], None]) -> None:
        self._settings, self._given = settings, pickle.dumps((opening, settings))
        self._finished, self._lost = finished, lost
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.warm = threading.Event()
        """Set when one of them is as quick as it will be, or when they stop."""

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

    def _say(self, what: bytes) -> None:
        with self._lock:
            for process in self._running:
                assert process.stdin is not None
                # One whose pipe is full has enough to hear, and one that is gone hears nothing.
                with suppress(OSError):
                    os.write(process.stdin.fileno(), what)

    def _stop(self, threads: list[threading.Thread]) -> None:
        self._stopping.set()
        self.warm.set()
        self._say(STOP)
        deadline = time.monotonic() + self._settings.stop_s + _LAST_S
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        with self._lock:
            for process in self._running:
                process.kill()
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
        command = [sys.executable, "-m", "provenance.service.tracing_process"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            with suppress(BrokenPipeError):
                process.stdin.write(self._given)
                process.stdin.flush()
            os.set_blocking(process.stdin.fileno(), False)
            _LOG.info("a process traces", extra={"pid": process.pid})
            with self._lock:
                self._running.add(process)
            if self._stopping.is_set():
                self._say(STOP)
            try:
                self._hear(process.stdout)
            finally:
                with self._lock:
                    self._running.discard(process)
        return process.returncode

    def _hear(self, said: IO[bytes]) -> None:
        for line in said:
            if not line.endswith(b"\n"):
                return
            message = json.loads(line)
            if message == WARM:
                self.warm.set()
            else:
                self._finished(_finished(message))


def told(finished: Finished) -> dict[str, Any]:
    """What is said of an alert that was worked on."""
    alert = finished.alert
    kept = [alert.id, alert.source, alert.external_id, alert.title, alert.body]
    return {"alert": kept, "state": finished.state.value, "s": finished.seconds}


def _finished(message: dict[str, Any]) -> Finished:
    return Finished(Alert(*message["alert"]), State(message["state"]), message["s"])
