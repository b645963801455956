"""The cache of recent traces in memory, so that all pages of a trace come from the same trace and cost one walk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from provenance.trace.result import Trace

_MOST = 32
_MOST_EDGES = 600_000


class RecentTraces:
    """Traces by request and fingerprint of the store, or by their stored name. Threads may share it. The least recently used
    traces are removed first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[Hashable, Trace] = OrderedDict()

    def get(self, key: Hashable) -> Trace | None:
        """The trace of a key, None if it is not in the cache."""
        with self._lock:
            if key in self._traces:
                self._traces.move_to_end(key)
            return self._traces.get(key)

    def add(self, key: Hashable, trace: Trace) -> None:
        """Adds a trace, and removes others beyond the limits."""
        with self._lock:
            self._traces[key] = trace
            edges = sum(len(cached.slice.edges) for cached in self._traces.values())
            while len(self._traces) > 1 and (len(self._traces) > _MOST or edges > _MOST_EDGES):
                edges -= len(self._traces.popitem(last=False)[1].slice.edges)
