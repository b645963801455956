"""One driver per server and user in a process, and a limit to how long it may be waited for.

The server's own limit on a transaction is of no use where the server hangs: one whose disk has filled up while it made
an index waits for a free page for good, and tells its clients all the while that it is alive.
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
"""Seconds, and the most of the limit that it may be."""
# What the driver logs (a transaction that is retried) is for programs that set logging up; Python would print it.
logging.getLogger("neo4j").addHandler(logging.NullHandler())


class NoAnswerError(DriverError):
    """A server was waited for as long as it may be."""


class Of(NamedTuple):
    """Whom a driver speaks to and as whom, and how many seconds an answer may take."""

    uri: str
    who: Credentials | None
    limit_s: float


class Shared:
    """A driver and how many use it."""

    def __init__(self, of: Of) -> None:
        auth = None if of.who is None else (of.who.user, of.who.password)
        times: dict[str, Any] = {name: min(seconds, share * of.limit_s) for name, (seconds, share) in _TIMES.items()}
        self.driver: Driver = GraphDatabase.driver(of.uri, auth=auth, **times, **_SETTINGS)
        self.of = of
        self.users = 0
        self.gone = False


class Drivers:
    """The drivers of this process; each is closed when its last user is done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Of, Shared] = {}

    def take(self, of: Of) -> Shared:
        """A driver, made when there is none."""
        with self._lock:
            shared = self._open.get(of) or Shared(of)
            self._open[of] = shared
            shared.users += 1
            return shared

    def give_back(self, shared: Shared) -> None:
        """Done with a driver that was taken."""
        with self._lock:
            shared.users -= 1
            done = not shared.users and not shared.gone
            if done:
                del self._open[shared.of]
        if done:
            shared.driver.close()

    def abandon(self, shared: Shared) -> None:
        """Cut what a driver waits for; whoever uses it takes another one next time."""
        with self._lock:
            if shared.gone:
                return
            shared.gone = True
            del self._open[shared.of]
        shared.driver.close()

    @contextmanager
    def waiting(self, shared: Shared, limit_s: float) -> Iterator[None]:
        """A context that is left after `limit_s` seconds at most. Raises NoAnswerError when that was needed."""
        late = threading.Event()
        watch = threading.Timer(limit_s, self._cut, (shared, late.set))
        watch.daemon = True
        watch.start()
        try:
            yield
        except (Neo4jError, DriverError, OSError) as error:
            if late.is_set():
                raise NoAnswerError(f"no answer within {limit_s:g} s") from error
            raise
        finally:
            watch.cancel()

    def _cut(self, shared: Shared, tell: Callable[[], None]) -> None:
        tell()
        self.abandon(shared)
