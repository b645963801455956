"""The link to a helper process: messages to it and from it, a line of JSON each."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from provenance.errors import StoreError
from provenance.service.tracing.request import TraceRequest
from provenance.service.tracing.watched_store import Progress, WatchedStore
from provenance.service.tracing.wire import TracePart, join_parts, read_part, read_runs
from provenance.trace.result import Trace

WAKE, STOP, WARM = "wake", "stop", "warm"
"""Messages to a helper process: look at the queue; finish the work and end. Message from it: the store is warmed up."""
_POLL_S = 0.1


class Link:
    """The link to one process. Threads may share it. `send` does not wait until the message is received; `setup` is sent
    first."""

    def __init__(self, process: subprocess.Popen[bytes], setup: bytes) -> None:
        self.process = process
        self.warm = False
        self._numbers = count()
        self._lock = threading.Lock()
        self._closed = False
        self._answers: dict[int, SimpleQueue[dict[str, Any] | None]] = {}
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._outbox.put(setup)
        threading.Thread(target=self._write, name="link-writer", daemon=True).start()

    @property
    def load(self) -> int:
        """The number of traces that the process computes on request."""
        return len(self._answers)

    def send(self, message: Any) -> None:
        """Sends a message."""
        self._outbox.put(json.dumps(message).encode("ascii") + b"\n")

    def _write(self) -> None:
        out = self.process.stdin
        assert out is not None
        with suppress(OSError, ValueError):
            while (line := self._outbox.get()) is not None:
                out.write(line)
                out.flush()

    def messages(self) -> Iterator[Any]:
        """The messages of the process until it ends, without those about traces, which `trace` receives."""
        assert self.process.stdout is not None
        try:
            for line in self.process.stdout:
                if not line.endswith(b"\n"):
                    return
                message = json.loads(line)
                if isinstance(message, dict) and "trace" in message:
                    with self._lock:
                        waiting = self._answers.get(message["trace"])
                    if waiting is not None:
                        waiting.put(message)
                else:
                    self.warm = self.warm or message == WARM
                    yield message
        finally:
            self._end()

    def _end(self) -> None:
        self.warm = False
        self._outbox.put(None)
        with self._lock:
            self._closed = True
            for waiting in self._answers.values():
                waiting.put(None)

    def trace(self, request: TraceRequest, store: WatchedStore) -> Trace:
        """Has the process compute a trace until the store's brake stops it. Raises StoreError if it fails or the process dies."""
        number = next(self._numbers)
        answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        with self._lock:
            if self._closed:
                raise StoreError("the helper process has ended")
            self._answers[number] = answers
        self.send({"begin": number, "request": request.as_json()})
        try:
            return self._receive_trace(answers, store)
        finally:
            with self._lock:
                del self._answers[number]
            self.send({"end": number})

    def _receive_trace(self, answers: SimpleQueue[dict[str, Any] | None], store: WatchedStore) -> Trace:
        parts: list[TracePart] = []
        while True:
            store.brake.check()
            try:
                message = answers.get(timeout=_POLL_S)
            except Empty:
                continue
            if message is None:
                raise StoreError("the helper process ended during a trace")
            if "failed" in message:
                raise StoreError(f"trace failed in a helper process: {message['failed']}")
            if "seen" in message:
                entities, runs = message["seen"]
                store.note_progress(Progress(entities, runs, read_runs(message["path"])))
            elif "part" in message:
                parts.append(read_part(message["part"]))
            else:
                return join_parts(message["head"], parts)
