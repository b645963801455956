"""A store whose hosts and blind intervals are read once: one alert asks for them again and again, and is to hear one answer.

Were they read anew, logs that come in while an alert is looked for could make it fail: what was not there when it was
looked for counts as missing when the log is then seen to go well past the alert.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from provenance.ingest.facts import Blind
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched import WatchedStore
from provenance.store.interface import HostSummary, Store


class ReadOnce(WatchedStore):
    """Implements `provenance.store.interface.Store` over another one, for as long as the work on one alert takes; `brake`
    ends that. Threads may share it."""

    def __init__(self, store: Store, brake: Brake) -> None:
        super().__init__(store, brake)
        self._lock = threading.Lock()
        self._hosts: Sequence[HostSummary] | None = None
        self._blinds: Sequence[Blind] | None = None

    def hosts(self) -> Sequence[HostSummary]:
        """Hosts, as they were when first asked for."""
        with self._lock:
            if self._hosts is None:
                self._hosts = super().hosts()
            return self._hosts

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """Blind intervals, as they were when first asked for."""
        with self._lock:
            if self._blinds is None:
                self._blinds = super().blinds()
            return [blind for blind in self._blinds if host is None or blind.host == host]
