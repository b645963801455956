"""Where every trace that somebody asks for comes from: memory, the store's documents, a helper process, or a walk here."""

from __future__ import annotations

from provenance.service.tracing import stored_traces
from provenance.service.tracing.recent import RecentTraces
from provenance.service.tracing.request import Helper, TraceRequest
from provenance.service.tracing.watched import WatchedStore
from provenance.store.documents import Documents
from provenance.store.fingerprint import fingerprint
from provenance.trace.result import Trace
from provenance.trace.trace import trace_from


class Tracer:
    """Gives traces. Threads may share it. `helper` has them made by another process, where there are any."""

    def __init__(self, helper: Helper | None = None) -> None:
        self._helper = helper
        self._recent = RecentTraces()

    def trace(self, store: WatchedStore, request: TraceRequest) -> Trace:
        """The trace of a request; the same one as long as the store is unchanged. Raises Stopped, OutOfTime, StoreError."""
        key = request.key, fingerprint(store.hosts())
        known = self._recent.get(key)
        if known is None:
            known = self._made(store, request)
            self._recent.keep(key, known)
        return known

    def load(self, documents: Documents, key: str | None) -> Trace | None:
        """The trace that is stored under a key, whole; None when there is none, or none any more. Raises StoreError."""
        head = None if key is None else stored_traces.head(documents, key)
        while head is not None:
            found = self._recent.get(head.name) or stored_traces.load(documents, head)
            if found is not None:
                self._recent.keep(head.name, found)
                return found
            # It was stored anew while it was read, or its pieces are gone.
            former, head = head, stored_traces.head(documents, head.key)
            head = None if head is not None and head.name == former.name else head
        return None

    def _made(self, store: WatchedStore, request: TraceRequest) -> Trace:
        made = None if self._helper is None else self._helper(request, store)
        return made or trace_from(store, request.direction, request.start, request.at, None, request.budget)
