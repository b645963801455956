"""Traces of alerts that come one after the other: each is computed once and stored, and alerts that start from the same place
share it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from provenance.ingest.clock import at_ms
from provenance.investigation import investigate as investigation
from provenance.investigation.anchoring import Anchoring
from provenance.service.tracing import stored_traces
from provenance.service.tracing.changes import hosts_of
from provenance.service.tracing.request import TraceRequest
from provenance.store.documents import Documents
from provenance.store.fingerprint import Fingerprint
from provenance.store.interface import Direction, Store
from provenance.trace.budget import Budget
from provenance.trace.result import Trace
from provenance.trace.trace import trace_from

T = TypeVar("T")
_REMEMBERED, _REMEMBERED_SIZE = 256, 400_000
"""Traces of each direction that stay in memory, and how many entities and edges they have together: a burst speaks of the
same things again and again."""
_REMEMBERED_S = 600.0
"""How long they do: retention removes a stored trace that is older and that no alert refers to."""


class StoredPair(NamedTuple):
    """The traces of an alert and the keys under which they are stored."""

    backward: Trace
    forward: Trace | None
    backward_key: str
    forward_key: str | None


class AlertTraces:
    """Traces and stores. Threads may share it: of two who want the same trace, one computes it. `documents` gives where to store,
    `clock` the time (ms)."""

    def __init__(self, documents: Callable[[], Documents], clock: Callable[[], int], budget: Budget) -> None:
        self._documents, self._clock, self._budget = documents, clock, budget
        self._pairs: _Memory[StoredPair] = _Memory(lambda pair: _size(pair.backward))
        self._forwards: _Memory[Trace] = _Memory(_size)

    def of(self, store: Store, found: Anchoring, state: Fingerprint) -> StoredPair:
        """The traces from an anchor, on logs of this state; what is not known yet is read from `store`. Raises StoreError."""
        moment = None if found.at_ms is None else at_ms(found.at_ms)
        key = TraceRequest(Direction.BACKWARD, investigation.start_of(found), moment, self._budget).key
        return self._pairs.get(key, state, lambda: self._pair(store, key, found, state))

    def _pair(self, store: Store, key: str, found: Anchoring, state: Fingerprint) -> StoredPair:
        keys: list[str] = []

        def forward(start: Mapping[int, int]) -> Trace:
            request = TraceRequest(Direction.FORWARD, start, min(start.values()), self._budget)
            keys.append(request.key)
            return self._forwards.get(request.key, state, lambda: self._forward(store, request, state))

        backward, ahead = investigation.traces(store, found, self._budget, forward)
        self._keep(key, backward, state)
        return StoredPair(backward, ahead, key, keys[0] if keys else None)

    def _forward(self, store: Store, request: TraceRequest, state: Fingerprint) -> Trace:
        made = trace_from(store, request.direction, request.start, request.at, None, request.budget)
        self._keep(request.key, made, state)
        return made

    def _keep(self, key: str, trace: Trace, state: Fingerprint) -> None:
        stored_traces.save(self._documents(), key, trace, state.basis(hosts_of((trace, None))), self._clock())


def _size(trace: Trace) -> int:
    return len(trace.slice.nodes) + len(trace.slice.edges)


class _Memory(Generic[T]):
    """What was computed lately, by key, as long as the logs are what they were. `size` says how much room it takes."""

    def __init__(self, size: Callable[[T], int]) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._state: Fingerprint | None = None
        self._since = time.monotonic()
        self._made: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._room = _REMEMBERED_SIZE
        self._locks: dict[str, threading.Lock] = {}

    def get(self, key: str, state: Fingerprint, make: Callable[[], T]) -> T:
        """What is there for a key, made when there is nothing or logs came in since."""
        with self._lock:
            if state != self._state or time.monotonic() - self._since > _REMEMBERED_S:
                self._forget_all(state)
            own = self._locks.setdefault(key, threading.Lock())
        with own:
            with self._lock:
                held = self._made.get(key) if state == self._state else None
                if held is not None:
                    self._made.move_to_end(key)
                    return held[0]
            made = make()
            with self._lock:
                self._remember(key, state, made)
        return made

    def _forget_all(self, state: Fingerprint) -> None:
        self._state, self._since = state, time.monotonic()
        self._made.clear()
        self._room = _REMEMBERED_SIZE

    def _remember(self, key: str, state: Fingerprint, made: T) -> None:
        self._locks.pop(key, None)
        if state != self._state or key in self._made:
            return
        size = self._size(made)
        self._made[key] = made, size
        self._room -= size
        while len(self._made) > _REMEMBERED or (self._room < 0 and len(self._made) > 1):
            self._room += self._made.popitem(last=False)[1][1]
