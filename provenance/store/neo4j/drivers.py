"""Drivers: one per server and user in a process, with a limit on the time to wait for an answer.

The server's own limit on a transaction has no effect when the server hangs: one whose disk became full while it built an
index waits for a free page forever, and meanwhile reports to its clients that it is alive.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from provenance.store.neo4j.address import Credentials

_SETTINGS: Mapping[str, Any] = {"user_agent": "provenance", "keep_alive": True, "notifications_min_severity": "OFF"}
_TIMES = {
    "connection_timeout": (10.0, 1.0),
    "connection_acquisition_timeout": (20.0, 1.0),
    "max_transaction_retry_time": (15.0, 0.25),
}
"""Seconds, and the largest share of the limit that they may take."""
# The driver logs retried transactions; without a handler Python would print them.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class NoAnswerError(DriverError):
    """A server did not answer within the limit."""


class Target(NamedTuple):
    """The server and credentials of a driver, and how many seconds an answer may take."""

    uri: str
    credentials: Credentials | None
    limit_s: float


class SharedDriver:
    """A driver and the number of its users."""

    def __init__(self, target: Target) -> None:
        auth = None if target.credentials is None else (target.credentials.user, target.credentials.password)
        times: dict[str, Any] = {
            name: min(seconds, share * target.limit_s) for name, (seconds, share) in _TIMES.items()
        }
        self.driver: Driver = GraphDatabase.driver(target.uri, auth=auth, **times, **_SETTINGS)
        self.target = target
        self.users = 0
        self.abandoned = False


class Drivers:
    """The drivers of this process; each is closed when its last user releases it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Target, SharedDriver] = {}

    def acquire(self, target: Target) -> SharedDriver:
        """Return a driver, created on first use."""
        with self._lock:
            shared = self._open.get(target) or SharedDriver(target)
            self._open[target] = shared
            shared.users += 1
            return shared

    def release(self, shared: SharedDriver) -> None:
        """Release a driver that was acquired."""
        with self._lock:
            shared.users -= 1
            unused = not shared.users and not shared.abandoned
            if unused:
                del self._open[shared.target]
        if unused:
            shared.driver.close()

    def abandon(self, shared: SharedDriver) -> None:
        """Close a driver that hangs; its users acquire another one next time."""
        with self._lock:
            if shared.abandoned:
                return
            shared.abandoned = True
            del self._open[shared.target]
        shared.driver.close()

    @contextmanager
    def time_limit(self, shared: SharedDriver, limit_s: float) -> Iterator[None]:
        """A context that ends after `limit_s` seconds at most. Raises NoAnswerError when the time was up."""
        expired = threading.Event()
        timer = threading.Timer(limit_s, self._cut, (shared, expired.set))
        timer.daemon = True
        timer.start()
        try:
            yield
        except (Neo4jError, DriverError, OSError) as error:
            if expired.is_set():
                raise NoAnswerError(f"no answer within {limit_s:g} s") from error
            raise
        finally:
            timer.cancel()

    def _cut(self, shared: SharedDriver, on_timeout: Callable[[], None]) -> None:
        on_timeout()
        self.abandon(shared)
