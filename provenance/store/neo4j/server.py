"""Servers: sends statements through a shared driver, in managed transactions, and returns results as rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from typing import Any, LiteralString, TypeVar

import neo4j
from neo4j import Driver, GraphDatabase, ManagedTransaction, Query, Result, Session, Transaction, unit_of_work
from neo4j.exceptions import TransientError

from provenance.errors import OutOfTime, StoreBusy, StoreUnreachable
from provenance.store.hunts import Stop, unless_stopped
from provenance.store.neo4j.address import TIMEOUT_S, Address, Credentials
from provenance.store.neo4j.drivers import Drivers, SharedDriver, Target
from provenance.store.neo4j.errors import translated_errors
from provenance.store.neo4j.statements import statement

OLDEST = (5, 26)
"""Types of relationships and labels as parameters came with it
(https://neo4j.com/docs/cypher-manual/current/deprecations-additions-removals-compatibility/)."""
_GRACE_S = 30.0
"""A working server itself ends a transaction that runs out of time, and the driver may retry it; this much later the client
stops waiting."""
_FETCH = 5_000
_MOST_ATTEMPTS = 5
_DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
T = TypeVar("T")
Row = list[Any]
Run = Callable[..., list[Row]]
"""Runs the statement with a name and parameters in a transaction, and returns all its rows."""
_DRIVERS = Drivers()


class _Rows(list[Any]):
    """Rows as a parameter. The driver (6.4) formats all parameters of a statement for a log message that is usually discarded,
    which takes longer than packing them; these rows have a short form."""

    def __repr__(self) -> str:
        return f"[{len(self)} rows]"


class Server:
    """A database of a server, connected on first use. It reads its own writes (bookmarks), whichever member of a cluster answers.

    A transaction may take `limit_s` seconds; the client waits little longer for a server that does not answer.
    """

    def __init__(self, address: Address, credentials: Credentials | None, limit_s: float = TIMEOUT_S) -> None:
        self.address, self.credentials = address, credentials
        self._limit_s = limit_s
        self._shared: SharedDriver | None = None
        self._lock = threading.Lock()
        self._bookmarks = GraphDatabase.bookmark_manager()

    def translated_errors(self) -> AbstractContextManager[None]:
        """A context in which the driver's errors are raised as StoreErrors that name this store."""
        return translated_errors(self.address, self.credentials)

    def _connected(self) -> SharedDriver:
        with self._lock:
            if self._shared is not None and self._shared.abandoned:
                _DRIVERS.release(self._shared)
                self._shared = None
            if self._shared is None:
                shared = _DRIVERS.acquire(Target(self.address.uri, self.credentials, self._limit_s))
                with ExitStack() as on_failure:
                    on_failure.callback(_DRIVERS.release, shared)
                    with _DRIVERS.time_limit(shared, self._limit_s):
                        _check(shared.driver, self.address)
                    on_failure.pop_all()
                self._shared = shared
            return self._shared

    def _time_limit(self, limit_s: float) -> AbstractContextManager[None]:
        return _DRIVERS.time_limit(self._connected(), limit_s + min(_GRACE_S, self._limit_s))

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._shared is not None:
                _DRIVERS.release(self._shared)
                self._shared = None

    def session(self, write: bool = False) -> Session:
        """A session on the database. Raises the driver's errors."""
        return self._connected().driver.session(
            database=self.address.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
            bookmark_manager=self._bookmarks,
            fetch_size=_FETCH,
        )

    def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """All rows of a reading statement of `cypher/`. Every statement gets the parameter `case`. Raises StoreError."""

        @unit_of_work(timeout=self._limit_s)
        def work(transaction: ManagedTransaction) -> list[Row]:
            return _rows(transaction, name, self.address.case, parameters)

        with self.translated_errors(), self._time_limit(self._limit_s), self.session() as session:
            return session.execute_read(work)

    def read_within(self, limit_s: float, most: int, stop: Stop, name: str, /, **parameters: Any) -> list[Row]:
        """At most so many rows of a reading statement, with a time limit of its own. Raises OutOfTime, StoreError, and Stopped
        when `stop` is true at a row."""

        @unit_of_work(timeout=limit_s)
        def work(transaction: ManagedTransaction) -> list[Row]:
            result = transaction.run(_text(name), {**parameters, "case": self.address.case})
            return [list(record.values()) for record in unless_stopped(islice(result, most), stop)]

        try:
            with self.translated_errors(), self._time_limit(limit_s), self.session() as session:
                return session.execute_read(work)
        except StoreBusy as error:
            raise OutOfTime(f"time limit of {limit_s:g} s for {name} exceeded") from error

    def stream(self, name: str, /, **parameters: Any) -> Iterator[Row]:
        """The rows of a reading statement as they come, for answers larger than memory. Raises StoreError."""
        with self.translated_errors(), self.session() as session, session.begin_transaction() as transaction:
            with self._time_limit(self._limit_s):
                result = transaction.run(_text(name), {**parameters, "case": self.address.case})
            while rows := self._next_rows(result):
                yield from rows

    def _next_rows(self, result: Result) -> list[Row]:
        with self._time_limit(self._limit_s):
            return [list(record.values()) for record in islice(result, _FETCH)]

    def write(self, work: Callable[[Run], T]) -> T:
        """Do work in one transaction. The driver may retry it, so `work` may be called again."""

        @unit_of_work(timeout=self._limit_s)
        def managed(transaction: ManagedTransaction) -> T:
            return work(lambda name, /, **parameters: _run_deferred(transaction, name, self.address.case, parameters))

        with self.translated_errors(), self._time_limit(self._limit_s), self.session(write=True) as session:
            return session.execute_write(managed)

    def run_auto_commit(self, name: str, /, patience: float = 1.0, **parameters: Any) -> None:
        """Run a statement that creates its own transactions or changes the schema, in an auto-commit transaction. It may take
        `patience` times as long as others. The driver does not retry such a statement: one that the server ended to resolve a
        deadlock, as when two programs make the schema of a new database, is run again, so it must be repeatable.
        Raises StoreError."""
        query, values = Query(_text(name)), {**parameters, "case": self.address.case}
        with self.translated_errors(), self._time_limit(self._limit_s * patience), self.session(write=True) as session:
            for left in reversed(range(_MOST_ATTEMPTS)):
                try:
                    session.run(query, values).consume()
                    return
                except TransientError as error:
                    if error.code != _DEADLOCK or not left:
                        raise

    @contextmanager
    def transaction(self, timeout_s: float | None = None) -> Iterator[tuple[Transaction, Run]]:
        """A transaction that is rolled back when the context ends. Raises the driver's errors."""
        limit_s = timeout_s or self._limit_s

        def run(name: str, /, **parameters: Any) -> list[Row]:
            with self._time_limit(limit_s):
                return _rows(transaction, name, self.address.case, parameters)

        with self.session(write=True) as session:
            with self._time_limit(limit_s):
                transaction = session.begin_transaction(timeout=timeout_s)
            with transaction:
                yield transaction, run
                with self._time_limit(limit_s):
                    transaction.rollback()


def _rows(
    transaction: ManagedTransaction | Transaction, name: str, case: str, parameters: Mapping[str, Any]
) -> list[Row]:
    return transaction.run(_text(name), {**parameters, "case": case}).values()


def _run_deferred(transaction: ManagedTransaction, name: str, case: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Run a statement as `_rows` does, but do not wait for the end of one that returns nothing: its errors are raised by the
    next statement or the commit."""
    parameters = {key: _Rows(value) if type(value) is list else value for key, value in parameters.items()}
    result = transaction.run(_text(name), {**parameters, "case": case})
    return result.values() if result.keys() else []


def _text(name: str) -> LiteralString:
    """The text of a statement. The driver only accepts literal strings; these come from our own files."""
    return statement(name)  # type: ignore[return-value, unused-ignore]


def _check(driver: Driver, address: Address) -> None:
    """Raise StoreUnreachable for a server that is too old, the driver's errors for one that cannot be reached."""
    agent = driver.get_server_info().agent
    product, _, version = agent.partition("/")
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
    if product != "Neo4j" or numbers < OLDEST:
        raise StoreUnreachable(
            f"{address.text}: unsupported server {agent}: Neo4j {'.'.join(map(str, OLDEST))} or newer is needed"
        )
