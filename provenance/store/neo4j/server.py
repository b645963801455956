"""Speaking to a server: one driver per server and user in a process, managed transactions, results as rows."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, LiteralString, TypeVar

import neo4j
from neo4j import Driver, GraphDatabase, ManagedTransaction, Query, Session, Transaction, unit_of_work

from provenance.errors import StoreUnreachable
from provenance.store.neo4j.address import Address, Credentials
from provenance.store.neo4j.errors import speaking_of
from provenance.store.neo4j.statements import statement

OLDEST = (5, 26)
"""Types of relationships and labels as parameters came with it
(https://neo4j.com/docs/cypher-manual/current/deprecations-additions-removals-compatibility/)."""
_READ_S = 600.0
_WRITE_S = 600.0
_SETTINGS: Mapping[str, Any] = {
    "user_agent": "provenance",
    "connection_timeout": 10.0,
    "connection_acquisition_timeout": 20.0,
    "max_transaction_retry_time": 15.0,
    "keep_alive": True,
    "notifications_min_severity": "OFF",
}
_FETCH = 5_000
# What the driver logs (a transaction that is retried) is for programs that set logging up; Python would print it.
logging.getLogger("neo4j").addHandler(logging.NullHandler())
T = TypeVar("T")
Row = list[Any]
Run = Callable[..., list[Row]]
"""Runs the statement of a name with parameters in a transaction, and gives all its rows."""


class _Drivers:
    """The drivers of this process; each is closed when its last user is done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, Credentials | None], tuple[Driver, int]] = {}

    def take(self, uri: str, who: Credentials | None) -> Driver:
        """A driver, made when there is none."""
        with self._lock:
            driver, users = self._open.get((uri, who)) or (_driver(uri, who), 0)
            self._open[uri, who] = driver, users + 1
            return driver

    def give_back(self, uri: str, who: Credentials | None) -> None:
        """Done with a driver that was taken."""
        with self._lock:
            driver, users = self._open.pop((uri, who))
            if users > 1:
                self._open[uri, who] = driver, users - 1
        if users == 1:
            driver.close()


def _driver(uri: str, who: Credentials | None) -> Driver:
    auth = None if who is None else (who.user, who.password)
    return GraphDatabase.driver(uri, auth=auth, **_SETTINGS)


_DRIVERS = _Drivers()


class Server:
    """A database of a server, reached when it is first needed. What this object has written it also reads (bookmarks),
    whichever member of a cluster answers."""

    def __init__(self, address: Address, who: Credentials | None) -> None:
        self.address, self.who = address, who
        self._driver: Driver | None = None
        self._lock = threading.Lock()
        self._bookmarks = GraphDatabase.bookmark_manager()

    def speaking(self) -> AbstractContextManager[None]:
        """A context in which the driver's errors are raised as StoreErrors that name this store."""
        return speaking_of(self.address, self.who)

    def _connected(self) -> Driver:
        with self._lock:
            if self._driver is None:
                driver = _DRIVERS.take(self.address.uri, self.who)
                with ExitStack() as unless_usable:
                    unless_usable.callback(_DRIVERS.give_back, self.address.uri, self.who)
                    _check(driver, self.address)
                    unless_usable.pop_all()
                self._driver = driver
            return self._driver

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            if self._driver is not None:
                _DRIVERS.give_back(self.address.uri, self.who)
                self._driver = None

    def session(self, write: bool = False) -> Session:
        """A session on the database. Raises the driver's errors."""
        return self._connected().session(
            database=self.address.database,
            default_access_mode=neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS,
            bookmark_manager=self._bookmarks,
            fetch_size=_FETCH,
        )

    def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """All rows of a reading statement of `cypher/`. `case` is given to every statement. Raises StoreError."""

        @unit_of_work(timeout=_READ_S)
        def work(transaction: ManagedTransaction) -> list[Row]:
            return _rows(transaction, name, self.address.case, parameters)

        with self.speaking(), self.session() as session:
            return session.execute_read(work)

    def stream(self, name: str, /, **parameters: Any) -> Iterator[Row]:
        """The rows of a reading statement as they come, for answers larger than memory. Raises StoreError."""
        with self.speaking(), self.session() as session, session.begin_transaction() as transaction:
            for record in transaction.run(_text(name), {**parameters, "case": self.address.case}):
                yield list(record.values())

    def write(self, work: Callable[[Run], T]) -> T:
        """Do work in one transaction, which is retried when that may help: `work` may be called again."""

        @unit_of_work(timeout=_WRITE_S)
        def managed(transaction: ManagedTransaction) -> T:
            return work(lambda name, /, **given: _rows(transaction, name, self.address.case, given))

        with self.speaking(), self.session(write=True) as session:
            return session.execute_write(managed)

    def alone(self, name: str, /, **parameters: Any) -> None:
        """Run a statement that makes its own transactions, or changes the schema. Raises StoreError."""
        with self.speaking(), self.session(write=True) as session:
            session.run(Query(_text(name)), {**parameters, "case": self.address.case}).consume()

    @contextmanager
    def transaction(self, timeout_s: float | None = None) -> Iterator[tuple[Transaction, Run]]:
        """A transaction that is rolled back when the context ends. Raises the driver's errors."""
        with self.session(write=True) as session, session.begin_transaction(timeout=timeout_s) as transaction:
            yield transaction, lambda name, /, **given: _rows(transaction, name, self.address.case, given)
            transaction.rollback()


def _rows(
    transaction: ManagedTransaction | Transaction, name: str, case: str, parameters: Mapping[str, Any]
) -> list[Row]:
    return transaction.run(_text(name), {**parameters, "case": case}).values()


def _text(name: str) -> LiteralString:
    """The driver wants statements that nobody made up: these come from files of ours."""
    return statement(name)  # type: ignore[return-value, unused-ignore]


def _check(driver: Driver, address: Address) -> None:
    """Raise StoreUnreachable for a server that is too old, the driver's errors for one that cannot be reached."""
    agent = driver.get_server_info().agent
    product, _, version = agent.partition("/")
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
    if product != "Neo4j" or numbers < OLDEST:
        raise StoreUnreachable(
            f"{address.text}: {agent} is not supported: Neo4j {'.'.join(map(str, OLDEST))} or newer is needed"
        )
