"""Traces of alerts that come one after the other, each computed and kept once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from provenance.service import investigation, results
from provenance.service.anchoring import Anchoring
from provenance.service.context import Service
from provenance.store.interface import Direction
from provenance.trace.budget import Budget
from provenance.trace.result import Trace

T = TypeVar("T")
_REMEMBERED = 8
"""Traces of each direction that stay in memory: in a burst, alerts of one incident follow each other."""


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
        self._pairs: _Memory[Traced] = _Memory()
        self._forwards: _Memory[Trace] = _Memory()

    def traced(self, found: Anchoring, known: results.Sources) -> Traced:
        """The traces from an anchor, on logs that are as `known` says. Raises StoreError."""
        key = results.key_of(investigation.start_of(found), found.at_ms, self._budget, Direction.BACKWARD)
        return self._pairs.get(key, known, lambda: self._pair(key, found, known))

    def _pair(self, key: str, found: Anchoring, known: results.Sources) -> Traced:
        keys: list[str] = []

        def forward(start: Mapping[int, int]) -> Trace:
            keys.append(results.key_of(start, None, self._budget, Direction.FORWARD))
            return self._forwards.get(keys[0], known, lambda: self._forward(keys[0], start, known))

        backward, ahead = investigation.traces(self._service.store, found, self._budget, forward)
        results.keep(self._service.documents, key, backward, results.of_traces(known, (backward, None)))
        return Traced(backward, ahead, key, keys[0] if keys else None)

    def _forward(self, key: str, start: Mapping[int, int], known: results.Sources) -> Trace:
        made = investigation.forward_from(self._service.store, start, self._budget)
        results.keep(self._service.documents, key, made, results.of_traces(known, (made, None)))
        return made


class _Memory(Generic[T]):
    """What was computed lately, by key, as long as the logs are what they were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, tuple[results.Sources, T]] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}

    def get(self, key: str, known: results.Sources, make: Callable[[], T]) -> T:
        """What is there for a key, made when there is nothing or logs came in since."""
        with self._lock:
            own = self._locks.setdefault(key, threading.Lock())
        with own:
            held = self._made.get(key)
            if held is not None and held[0] == known:
                return held[1]
            made = make()
            with self._lock:
                self._made[key] = (known, made)
                self._made.move_to_end(key)
                while len(self._made) > _REMEMBERED:
                    self._locks.pop(self._made.popitem(last=False)[0], None)
        return made
