"""Readiness: whether the store can be read, is warm, and keeps what is written. Checked in a thread of its own, which no request
can starve, and at most once a second."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor

from provenance.alerts.record import KIND
from provenance.errors import StoreError
from provenance.service.service import Service

_FRESH_S = 1.0
_PATIENCE_S = 5.0
"""How long a check may take before the store counts as one that does not answer."""


class Readiness:
    """The state of a service's store. One check runs at a time, whatever number of requests wait for its result."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._check: Future[str] | None = None
        self._begun = 0.0

    async def problem(self) -> str:
        """What keeps the service from being ready, empty for nothing."""
        if self._service.cold.is_set():
            return "the store is being warmed up"
        now = time.monotonic()
        if self._check is None or (self._check.done() and now - self._begun > _FRESH_S):
            self._check, self._begun = self._thread.submit(self._read), now
        done, _ = await asyncio.wait([asyncio.wrap_future(self._check)], timeout=_PATIENCE_S)
        return next(iter(done)).result() if done else "the store does not answer"

    def _read(self) -> str:
        try:
            self._service.documents.get(KIND, "none")
        except StoreError:
            return "the store cannot be read"
        try:
            self._service.store.check_place()
        except StoreError:
            return "the store cannot be written: it was moved, deleted, or its disk is full"
        return ""

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)
