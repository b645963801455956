"""Traces of alerts that come one after the other, each computed and kept once."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from provenance.investigation import investigate as investigation
from provenance.investigation.anchoring import Anchoring
from provenance.service.service import Service
from provenance.service.tracing import results
from provenance.store.interface import Direction, Store
from provenance.trace.budget import Budget
from provenance.trace.result import Trace

T = TypeVar("T")
_REMEMBERED, _REMEMBERED_SIZE = 256, 400_000
"""Traces of each direction that stay in memory, and how many entities and edges they have together: a burst speaks of the
same things again and again."""
_REMEMBERED_S = 600.0
"""How long they do: retention removes a kept trace that is older and that no alert refers to."""


class Traced(NamedTuple):
    """A pair of traces and the keys under which they are kept."""

    backward: Trace
    forward: Trace | None
    backward_key: str
    forward_key: str | None


class Tracing:
    """Traces and keeps. Threads may share it: of two who want the same trace, one computes it."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self._service = service
        self._budget = Budget(settings.trace_nodes, settings.trace_edges)
        self._pairs: _Memory[Traced] = _Memory(lambda pair: _size(pair.backward))
        self._forwards: _Memory[Trace] = _Memory(_size)

    def traced(self, store: Store, found: Anchoring, known: results.Sources) -> Traced:
        """The traces from an anchor, on logs that are as `known` says; what is not known yet is read from `store`. Raises
        StoreError."""
        key = results.key_of(investigation.start_of(found), found.at_ms, self._budget, Direction.BACKWARD)
        return self._pairs.get(key, known, lambda: self._pair(store, key, found, known))

    def _pair(self, store: Store, key: str, found: Anchoring, known: results.Sources) -> Traced:
        keys: list[str] = []

        def forward(start: Mapping[int, int]) -> Trace:
            keys.append(results.key_of(start, None, self._budget, Direction.FORWARD))
            return self._forwards.get(keys[0], known, lambda: self._forward(store, keys[0], start, known))

        backward, ahead = investigation.traces(store, found, self._budget, forward)
        self._keep(key, backward, known)
        return Traced(backward, ahead, key, keys[0] if keys else None)

    def _forward(self, store: Store, key: str, start: Mapping[int, int], known: results.Sources) -> Trace:
        made = investigation.forward_from(store, start, self._budget)
        self._keep(key, made, known)
        return made

    def _keep(self, key: str, trace: Trace, known: results.Sources) -> None:
        service = self._service
        results.keep(service.documents, key, trace, results.of_traces(known, (trace, None)), service.clock())


def _size(trace: Trace) -> int:
    return len(trace.slice.nodes) + len(trace.slice.edges)


class _Memory(Generic[T]):
    """What was computed lately, by key, as long as the logs are what they were. `size` says how much room it takes."""

    def __init__(self, size: Callable[[T], int]) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._known: results.Sources = {}
        self._since = time.monotonic()
        self._made: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._room = _REMEMBERED_SIZE
        self._locks: dict[str, threading.Lock] = {}

    def get(self, key: str, known: results.Sources, make: Callable[[], T]) -> T:
        """What is there for a key, made when there is nothing or logs came in since."""
        with self._lock:
            if known != self._known or time.monotonic() - self._since > _REMEMBERED_S:
                self._forget_all(known)
            own = self._locks.setdefault(key, threading.Lock())
        with own:
            with self._lock:
                held = self._made.get(key) if known == self._known else None
                if held is not None:
                    self._made.move_to_end(key)
                    return held[0]
            made = make()
            with self._lock:
                self._remember(key, known, made)
        return made

    def _forget_all(self, known: results.Sources) -> None:
        self._known, self._since = known, time.monotonic()
        self._made.clear()
        self._room = _REMEMBERED_SIZE

    def _remember(self, key: str, known: results.Sources, made: T) -> None:
        self._locks.pop(key, None)
        if known != self._known or key in self._made:
            return
        size = self._size(made)
        self._made[key] = made, size
        self._room -= size
        while len(self._made) > _REMEMBERED or (self._room < 0 and len(self._made) > 1):
            self._room += self._made.popitem(last=False)[1][1]
