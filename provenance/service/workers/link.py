"""A process that traces, as the one that started it sees it: what is said to it and what it answers, a line of JSON each."""

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
from provenance.service.tracing.watched import Progress, WatchedStore
from provenance.service.tracing.wire import Piece, joined, read, read_runs
from provenance.trace.result import Trace

RING, STOP, WARM = "ring", "stop", "warm"
"""What is said to a process: look at the queue; end when what is begun is done. What it says: it is as quick as it will be."""
_LOOK_S = 0.1


class Link:
    """One process. Threads may share it; nobody who says something waits until it is heard."""

    def __init__(self, process: subprocess.Popen[bytes], given: bytes) -> None:
        self.process = process
        self.warm = False
        self._numbers = count()
        self._lock = threading.Lock()
        self._gone = False
        self._answers: dict[int, SimpleQueue[dict[str, Any] | None]] = {}
        self._said: SimpleQueue[bytes | None] = SimpleQueue()
        self._said.put(given)
        threading.Thread(target=self._write, name="saying", daemon=True).start()

    @property
    def busy(self) -> int:
        """How many traces are asked of it."""
        return len(self._answers)

    def say(self, what: Any) -> None:
        """Say something."""
        self._said.put(json.dumps(what).encode("ascii") + b"\n")

    def _write(self) -> None:
        out = self.process.stdin
        assert out is not None
        with suppress(OSError, ValueError):
            while (line := self._said.get()) is not None:
                out.write(line)
                out.flush()

    def heard(self) -> Iterator[Any]:
        """What it says until it ends, but for the answers to traces, which go to those who wait for them."""
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
        self._said.put(None)
        with self._lock:
            self._gone = True
            for waiting in self._answers.values():
                waiting.put(None)

    def trace(self, request: TraceRequest, store: WatchedStore) -> Trace:
        """Have a trace made, as long as the store's brake lets it. Raises StoreError when it fails or the process dies."""
        number = next(self._numbers)
        answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        with self._lock:
            if self._gone:
                raise StoreError("the process that traces has just ended")
            self._answers[number] = answers
        self.say({"begin": number, "request": request.as_json()})
        try:
            return self._put_together(answers, store)
        finally:
            with self._lock:
                del self._answers[number]
            self.say({"end": number})

    def _put_together(self, answers: SimpleQueue[dict[str, Any] | None], store: WatchedStore) -> Trace:
        parts: list[Piece] = []
        while True:
            store.brake.check()
            try:
                message = answers.get(timeout=_LOOK_S)
            except Empty:
                continue
            if message is None:
                raise StoreError("the process that traced has ended")
            if "failed" in message:
                raise StoreError(f"a process that traces failed: {message['failed']}")
            if "seen" in message:
                entities, runs = message["seen"]
                store.note_progress(Progress(entities, runs, read_runs(message["path"])))
            elif "piece" in message:
                parts.append(read(message["piece"]))
            else:
                return joined(message["head"], parts)
