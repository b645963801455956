"""When flows began, by the minute: what histograms are made of."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable

from ingest.clock import ms_of
from ingest.facts import FlowKind
from provenance.store.interface import Store

MINUTE_MS = 60_000


class Minutes:
    """Beginnings of flows by kind and minute, counted once for each state of the store. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._counts: Counter[tuple[int, FlowKind]] = Counter()

    def of(self, store: Store, state: Hashable) -> Counter[tuple[int, FlowKind]]:
        """The counts; reads every flow when the store's state is another than before."""
        with self._lock:
            if self._state == state:
                return self._counts
        counts = Counter((ms_of(flow.first) // MINUTE_MS, flow.kind) for flow in store.all_flows())
        with self._lock:
            self._state, self._counts = state, counts
        return counts
