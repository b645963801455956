"""The tracer: gets a requested trace from memory, from the store's documents, from a helper process, or by a walk in this
thread."""

from __future__ import annotations

from provenance.service.tracing import stored_traces
from provenance.service.tracing.recent import RecentTraces
from provenance.service.tracing.request import Helper, TraceRequest
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.documents import Documents
from provenance.store.fingerprint import fingerprint
from provenance.trace.result import Trace
from provenance.trace.trace import trace_from


class Tracer:
    """Computes and loads traces. Threads may share it. `helper` has another process compute them."""

    def __init__(self, helper: Helper | None = None) -> None:
        self._helper = helper
        self._recent = RecentTraces()

    def trace(self, store: WatchedStore, request: TraceRequest) -> Trace:
        """The trace of a request, from memory if the store has not changed since. Raises Stopped, OutOfTime, StoreError."""
        key = request.key, fingerprint(store.hosts())
        trace = self._recent.get(key)
        if trace is None:
            trace = self._compute(store, request)
            self._recent.add(key, trace)
        return trace

    def load(self, documents: Documents, key: str | None) -> Trace | None:
        """The complete trace that is stored under a key; None without one. Raises StoreError."""
        head = None if key is None else stored_traces.head(documents, key)
        while head is not None:
            found = self._recent.get(head.name) or stored_traces.load(documents, head)
            if found is not None:
                self._recent.add(head.name, found)
                return found
            # The trace was stored again while it was read, or its parts were removed.
            former, head = head, stored_traces.head(documents, head.key)
            head = None if head is not None and head.name == former.name else head
        return None

    def _compute(self, store: WatchedStore, request: TraceRequest) -> Trace:
        trace = None if self._helper is None else self._helper(request, store)
        return trace or trace_from(
            store, request.direction, request.start, request.at, None, request.budget, most_steps=request.steps
        )
