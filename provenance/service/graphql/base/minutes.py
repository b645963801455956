"""Counts of the beginnings of flows by minute, for histograms."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterator

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Selector, Store

MINUTE_MS = 60_000
_MOST_HOSTS = 50
"""The most hosts whose counts are in memory."""
Counts = Counter[tuple[int, FlowKind]]


class Minutes:
    """The numbers of flows by kind and minute of their beginning, of the whole store or of one host, counted once for each
    state of the store. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._counts: OrderedDict[str | None, Counts] = OrderedDict()

    def counts(self, store: Store, state: Hashable, host: str | None = None) -> Counts:
        """The counts of the store, or of the flows with an end on a host. The first call in a state of the store reads every
        flow."""
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
            if len(self._counts) > _MOST_HOSTS:
                self._counts.popitem(last=False)
        return counts


def _flows(store: Store, host: str | None) -> Iterator[Flow]:
    if host is None:
        yield from store.all_flows()
        return
    ids = {node.id for node in store.find(Selector(host=host))}
    if ids:
        yield from (flow for flow in store.all_flows() if flow.source in ids or flow.target in ids)
