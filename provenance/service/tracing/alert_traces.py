"""The traces of alerts: each is computed once and stored, and alerts with the same start share it."""

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
from provenance.trace.result import Trace
from provenance.trace.slice.budget import Budget
from provenance.trace.story.incident_material import IncidentMaterial
from provenance.trace.trace import trace_from

T = TypeVar("T")
_MOST_CACHED, _MOST_CACHED_SIZE = 256, 400_000
"""The most traces of each direction in memory, and the most entities and edges of these together. A burst of alerts often has the
same few starts."""
_CACHED_S = 600.0
"""How long traces stay in memory: retention removes an older stored trace that no alert refers to."""


class StoredPair(NamedTuple):
    """The traces of an alert and the keys under which they are stored."""

    backward: Trace
    forward: Trace | None
    backward_key: str
    forward_key: str | None


class AlertTraces:
    """Computes and stores the traces of alerts. Threads may share it: if two need the same trace, one computes it. `documents`
    returns the documents to store in, `clock` the time (ms)."""

    def __init__(self, documents: Callable[[], Documents], clock: Callable[[], int], budget: Budget) -> None:
        self._documents, self._clock, self._budget = documents, clock, budget
        self._pairs: _Cache[StoredPair] = _Cache(lambda pair: _size(pair.backward))
        self._forwards: _Cache[Trace] = _Cache(_size)
        self._shared: _Cache[IncidentMaterial] = _Cache(lambda _: 0)

    def traces_from(self, store: Store, anchor: Anchoring, state: Fingerprint) -> StoredPair:
        """The traces from an anchor in logs of this state, computed from `store` if they are not in memory. Raises StoreError."""
        moment = None if anchor.at_ms is None else at_ms(anchor.at_ms)
        key = TraceRequest(Direction.BACKWARD, investigation.start_of(anchor), moment, self._budget).key
        return self._pairs.get(key, state, lambda: self._pair(store, key, anchor, state))

    def _pair(self, store: Store, key: str, anchor: Anchoring, state: Fingerprint) -> StoredPair:
        keys: list[str] = []

        def forward(start: Mapping[int, int]) -> Trace:
            request = TraceRequest(Direction.FORWARD, start, min(start.values()), self._budget)
            keys.append(request.key)
            return self._forwards.get(request.key, state, lambda: self._forward(store, request, state))

        backward, from_entry = investigation.traces(store, anchor, self._budget, forward, self._shared_at(state))
        self._save(key, backward, state)
        return StoredPair(backward, from_entry, key, keys[0] if keys else None)

    def _forward(self, store: Store, request: TraceRequest, state: Fingerprint) -> Trace:
        shared = self._shared_at(state)
        start, at, budget = request.start, request.at, request.budget
        trace = trace_from(store, request.direction, start, at, None, budget, shared=shared, separate=False)
        self._save(request.key, trace, state)
        return trace

    def _shared_at(self, state: Fingerprint) -> IncidentMaterial:
        return self._shared.get("", state, IncidentMaterial)

    def _save(self, key: str, trace: Trace, state: Fingerprint) -> None:
        stored_traces.save(self._documents(), key, trace, state.basis(hosts_of((trace, None))), self._clock())


def _size(trace: Trace) -> int:
    return len(trace.slice.nodes) + len(trace.slice.edges)


class _Cache(Generic[T]):
    """Results by key, for as long as the logs have the same state. `size` returns the size of a result."""

    def __init__(self, size: Callable[[T], int]) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._state: Fingerprint | None = None
        self._since = time.monotonic()
        self._results: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._room = _MOST_CACHED_SIZE
        self._locks: dict[str, threading.Lock] = {}

    def get(self, key: str, state: Fingerprint, compute: Callable[[], T]) -> T:
        """The result for a key, computed if it is missing or the state of the logs has changed."""
        with self._lock:
            if state != self._state or time.monotonic() - self._since > _CACHED_S:
                self._clear(state)
            lock_of_key = self._locks.setdefault(key, threading.Lock())
        with lock_of_key:
            with self._lock:
                cached = self._results.get(key) if state == self._state else None
                if cached is not None:
                    self._results.move_to_end(key)
                    return cached[0]
            result = compute()
            with self._lock:
                self._add(key, state, result)
        return result

    def _clear(self, state: Fingerprint) -> None:
        self._state, self._since = state, time.monotonic()
        self._results.clear()
        self._room = _MOST_CACHED_SIZE

    def _add(self, key: str, state: Fingerprint, result: T) -> None:
        self._locks.pop(key, None)
        if state != self._state or key in self._results:
            return
        size = self._size(result)
        self._results[key] = result, size
        self._room -= size
        while len(self._results) > _MOST_CACHED or (self._room < 0 and len(self._results) > 1):
            self._room += self._results.popitem(last=False)[1][1]
