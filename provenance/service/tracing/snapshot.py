"""A snapshot of a store's hosts and blind intervals for the investigation of one alert, which reads them many times.

Without it, logs ingested during an investigation could make it fail: an event that was not in the store during the search would
count as missing from the log, because the log then already goes well past the alert.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from provenance.ingest.facts import Blind
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import HostSummary, Store


class HostSnapshot(WatchedStore):
    """A `provenance.store.interface.Store` over another one, which reads hosts and blind intervals only once; for the work on one
    alert, which `brake` stops. Threads may share it."""

    def __init__(self, store: Store, brake: Brake) -> None:
        super().__init__(store, brake)
        self._lock = threading.Lock()
        self._hosts: Sequence[HostSummary] | None = None
        self._blinds: Sequence[Blind] | None = None

    def hosts(self) -> Sequence[HostSummary]:
        """The hosts at the first call."""
        with self._lock:
            if self._hosts is None:
                self._hosts = super().hosts()
            return self._hosts

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """The blind intervals at the first call."""
        with self._lock:
            if self._blinds is None:
                self._blinds = super().blinds()
            return [blind for blind in self._blinds if host is None or blind.host == host]
