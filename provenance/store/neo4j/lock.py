"""One writer at a time: a node that an open transaction keeps locked, which the server lets go when its holder dies.

The transaction that holds the lock has no time limit and so must never have to wait for it. Whoever wants the lock
therefore first takes the door's, which nobody holds for long, tries the lock in a transaction with a limit, and only
when that succeeds takes it for good, before anybody else can come through the door.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from neo4j.exceptions import DriverError, Neo4jError

from provenance.errors import StoreBusy
from provenance.store.neo4j.server import Server

_TRIES_S = (0.2, 1.0, 5.0)
"""How long a try may take before the lock counts as held. A server that plans the statement for the first time, collects
garbage or is short of processors is slow without anybody holding the lock, so one short try proves nothing."""
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
"""How a server says that a transaction ran out of time, whatever it blames (`Neo.ClientError.Transaction.` and so on)."""


class Lock:
    """The lock of a name in a database."""

    def __init__(self, server: Server, name: str) -> None:
        self._server, self._name = server, name
        self._held = ExitStack()

    def acquire(self, wait_s: float, holder: str) -> None:
        """Take the lock, waiting up to `wait_s` seconds. Raises StoreBusy naming `holder`, StoreError."""
        deadline = time.monotonic() + wait_s
        with self._server.speaking():
            while not self._try():
                if time.monotonic() >= deadline:
                    raise StoreBusy(f"{self._server.address.text} is being written by {holder}")
                time.sleep(_POLL_S)

    def _try(self) -> bool:
        with self._server.transaction(_DOOR_S) as (_, run):
            run("schema/lock", name=f"{self._name}/door")
            if not self._free():
                return False
            with ExitStack() as held:
                _, keep = held.enter_context(self._server.transaction())
                keep("schema/lock", name=self._name)
                self._held = held.pop_all()
        return True

    def _free(self) -> bool:
        return any(self._taken_within(limit) for limit in _TRIES_S)

    def _taken_within(self, limit_s: float) -> bool:
        try:
            with self._server.transaction(limit_s) as (_, run):
                run("schema/lock", name=self._name)
        except Neo4jError as error:
            if (error.code or "").rpartition(".")[2] in _TIMED_OUT:
                return False
            raise
        return True

    def release(self) -> None:
        """Let the next one in. A server that is gone has let it go already."""
        with suppress(Neo4jError, DriverError):
            self._held.close()

    @contextmanager
    def held(self, wait_s: float, holder: str) -> Iterator[None]:
        """Hold the lock for a while."""
        self.acquire(wait_s, holder)
        try:
            yield
        finally:
            self.release()
