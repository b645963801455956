"""When flows began, by the minute: what histograms are made of."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Selector, Store

MINUTE_MS = 60_000
_KEPT = 50
"""Hosts whose counts are remembered."""
Counts = Counter[tuple[int, FlowKind]]


class Minutes:
    """Beginnings of flows by kind and minute, of the whole store or of one host, counted once for each state of the store.
    Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._counts: OrderedDict[str | None, Counts] = OrderedDict()

    def of(self, store: Store, state: Hashable, host: str | None = None) -> Counts:
        """The counts; the first time in a state of the store every flow is read, and of a host its entities. A host's are the
        flows with an end on it: between two hosts, of both."""
        with self._lock:
            if self._state == state and host in self._counts:
                self._counts.move_to_end(host)
                return self._counts[host]
        counts = Counter((ms_of(flow.first) // MINUTE_MS, flow.kind) for flow in _flows(store, host))
        with self._lock:
            if self._state != state:
                self._state = state
                self._counts.clear()
            self._counts[host] = counts
            if len(self._counts) > _KEPT:
                self._counts.popitem(last=False)
        return counts


def _flows(store: Store, host: str | None) -> Iterator[Flow]:
    if host is None:
        yield from store.all_flows()
        return
    its = {node.id for node in store.find(Selector(host=host))}
    if its:
        yield from (flow for flow in store.all_flows() if flow.source in its or flow.target in its)
