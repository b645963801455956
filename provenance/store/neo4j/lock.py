"""The writer's lock: a node that an open transaction keeps locked. The server releases it when the holder dies.

The transaction that holds the lock has no time limit, so it must never wait for the lock. A writer therefore first takes a
second lock, the door, which is held only briefly; then it tries the lock in a transaction with a limit; and only when that
succeeds it takes the lock in the open transaction, before another writer can pass the door.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from neo4j.exceptions import DriverError, Neo4jError

from provenance.errors import StoreBusy
from provenance.store.neo4j.server import Server

_TRIES_S = (0.2, 1.0, 5.0)
"""How long each try may take before the lock counts as held. A server that plans the statement for the first time, collects
garbage or is overloaded is slow although nobody holds the lock, so one short try is not enough."""
_DOOR_S = 60.0
_POLL_S = 0.1
_TIMED_OUT = frozenset(
    (
        "TransactionTimedOut",
        "TransactionTimedOutClientConfiguration",
        "LockClientStopped",
        "LockAcquisitionTimeout",
        "Terminated",
    )
)
"""The codes by which a server reports that a transaction ran out of time, without their class and category."""


class Lock:
    """The lock of a name in a database."""

    def __init__(self, server: Server, name: str) -> None:
        self._server, self._name = server, name
        self._held = ExitStack()

    def acquire(self, wait_s: float, holder: str) -> None:
        """Acquire the lock, waiting up to `wait_s` seconds. Raises StoreBusy naming `holder`, StoreError."""
        deadline = time.monotonic() + wait_s
        with self._server.translated_errors():
            while not self._try_lock():
                if time.monotonic() >= deadline:
                    raise StoreBusy(f"{self._server.address.text} is being written by {holder}")
                time.sleep(_POLL_S)

    def _try_lock(self) -> bool:
        with self._server.transaction(_DOOR_S) as (_, run):
            run("schema/lock", name=f"{self._name}/door")
            if not self._is_free():
                return False
            with ExitStack() as stack:
                _, run_locked = stack.enter_context(self._server.transaction())
                run_locked("schema/lock", name=self._name)
                self._held = stack.pop_all()
        return True

    def _is_free(self) -> bool:
        return any(self._can_lock_within(limit) for limit in _TRIES_S)

    def _can_lock_within(self, limit_s: float) -> bool:
        try:
            with self._server.transaction(limit_s) as (_, run):
                run("schema/lock", name=self._name)
        except Neo4jError as error:
            if (error.code or "").rpartition(".")[2] in _TIMED_OUT:
                return False
            raise
        return True

    def release(self) -> None:
        """Release the lock. If the server is gone, the lock is already released."""
        with suppress(Neo4jError, DriverError):
            self._held.close()

    @contextmanager
    def holding(self, wait_s: float, holder: str) -> Iterator[None]:
        """A context that holds the lock."""
        self.acquire(wait_s, holder)
        try:
            yield
        finally:
            self.release()
