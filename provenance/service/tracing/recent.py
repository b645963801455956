"""Traces that were made or read last, in memory: the pages of one trace are pages of the same trace and cost one walk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from provenance.trace.result import Trace

_MOST = 32
_MOST_EDGES = 600_000


class RecentTraces:
    """Traces by request and fingerprint of the store, or by the name under which they are stored. Threads may share it; those
    used longest ago go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._traces: OrderedDict[Hashable, Trace] = OrderedDict()

    def get(self, key: Hashable) -> Trace | None:
        """A trace made before."""
        with self._lock:
            if key in self._traces:
                self._traces.move_to_end(key)
            return self._traces.get(key)

    def keep(self, key: Hashable, trace: Trace) -> None:
        """Keep a trace, and as many others as there is room for."""
        with self._lock:
            self._traces[key] = trace
            edges = sum(len(kept.slice.edges) for kept in self._traces.values())
            while len(self._traces) > 1 and (len(self._traces) > _MOST or edges > _MOST_EDGES):
                edges -= len(self._traces.popitem(last=False)[1].slice.edges)
