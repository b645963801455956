"""Speaking to a server: one driver per server and user in a process, managed transactions, results as rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from typing import Any, LiteralString, TypeVar

import neo4j
from neo4j import Driver, GraphDatabase, ManagedTransaction, Query, Result, Session, Transaction, unit_of_work

from provenance.errors import StoreUnreachable
from provenance.store.neo4j.address import TIMEOUT_S, Address, Credentials
from provenance.store.neo4j.drivers import Drivers, Of, Shared
from provenance.store.neo4j.errors import speaking_of
from provenance.store.neo4j.statements import statement

OLDEST = (5, 26)
"""Types of relationships and labels as parameters came with it
(https://neo4j.com/docs/cypher-manual/current/deprecations-additions-removals-compatibility/)."""
_GRACE_S = 30.0
"""A server that works says itself that a transaction ran out of time, and the driver may repeat it: that much later it is
not waited for any more."""
_FETCH = 5_000
T = TypeVar("T")
Row = list[Any]
Run = Callable[..., list[Row]]
"""Runs the statement of a name with parameters in a transaction, and gives all its rows."""
_DRIVERS = Drivers()


class _Rows(list[Any]):
    """Rows that are sent. The driver (6.4) spells out all parameters of a statement for a message to its log that is mostly
    not wanted, which takes longer than packing them."""

    def __repr__(self) -> str:
        return f"[{len(self)} rows]"


class Server:
    """A database of a server, reached when it is first needed. What this object has written it also reads (bookmarks),
    whichever member of a cluster answers.

    A transaction may take `limit_s` seconds; a server that does not answer at all is not waited for much longer.
    """

    def __init__(self, address: Address, who: Credentials | None, limit_s: float = TIMEOUT_S) -> None:
        self.address, self.who = address, who
        self._limit_s = limit_s
        self._shared: Shared | None = None
        self._lock = threading.Lock()
        self._bookmarks = GraphDatabase.bookmark_manager()

    def speaking(self) -> AbstractContextManager[None]:
        """A context in which the driver's errors are raised as StoreErrors that name this store."""
        return speaking_of(self.address, self.who)

    def _connected(self) -> Shared:
        with self._lock:
            if self._shared is not None and self._shared.gone:
                _DRIVERS.give_back(self._shared)
                self._shared = None
            if self._shared is None:
                shared = _DRIVERS.take(Of(self.address.uri, self.who, self._limit_s))
                with ExitStack() as unless_usable:
                    unless_usable.callback(_DRIVERS.give_back, shared)
                    with _DRIVERS.waiting(shared, self._limit_s):
                        _check(shared.driver, self.address)
                    unless_usable.pop_all()
                self._shared = shared
            return self._shared

    def _waiting(self, limit_s: float) -> AbstractContextManager[None]:
        return _DRIVERS.waiting(self._connected(), limit_s + min(_GRACE_S, self._limit_s))

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            if self._shared is not None:
                _DRIVERS.give_back(self._shared)
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
        """All rows of a reading statement of `cypher/`. `case` is given to every statement. Raises StoreError."""

        @unit_of_work(timeout=self._limit_s)
        def work(transaction: ManagedTransaction) -> list[Row]:
            return _rows(transaction, name, self.address.case, parameters)

        with self.speaking(), self._waiting(self._limit_s), self.session() as session:
            return session.execute_read(work)

    def stream(self, name: str, /, **parameters: Any) -> Iterator[Row]:
        """The rows of a reading statement as they come, for answers larger than memory. Raises StoreError."""
        with self.speaking(), self.session() as session, session.begin_transaction() as transaction:
            with self._waiting(self._limit_s):
                result = transaction.run(_text(name), {**parameters, "case": self.address.case})
            while rows := self._some(result):
                yield from rows

    def _some(self, result: Result) -> list[Row]:
        with self._waiting(self._limit_s):
            return [list(record.values()) for record in islice(result, _FETCH)]

    def write(self, work: Callable[[Run], T]) -> T:
        """Do work in one transaction, which is retried when that may help: `work` may be called again."""

        @unit_of_work(timeout=self._limit_s)
        def managed(transaction: ManagedTransaction) -> T:
            return work(lambda name, /, **given: _sent(transaction, name, self.address.case, given))

        with self.speaking(), self._waiting(self._limit_s), self.session(write=True) as session:
            return session.execute_write(managed)

    def alone(self, name: str, /, patience: float = 1.0, **parameters: Any) -> None:
        """Run a statement that makes its own transactions, or changes the schema. It may take `patience` times as long as
        others. Raises StoreError."""
        with self.speaking(), self._waiting(self._limit_s * patience), self.session(write=True) as session:
            session.run(Query(_text(name)), {**parameters, "case": self.address.case}).consume()

    @contextmanager
    def transaction(self, timeout_s: float | None = None) -> Iterator[tuple[Transaction, Run]]:
        """A transaction that is rolled back when the context ends. Raises the driver's errors."""
        limit_s = timeout_s or self._limit_s

        def run(name: str, /, **given: Any) -> list[Row]:
            with self._waiting(limit_s):
                return _rows(transaction, name, self.address.case, given)

        with self.session(write=True) as session:
            with self._waiting(limit_s):
                transaction = session.begin_transaction(timeout=timeout_s)
            with transaction:
                yield transaction, run
                with self._waiting(limit_s):
                    transaction.rollback()


def _rows(
    transaction: ManagedTransaction | Transaction, name: str, case: str, parameters: Mapping[str, Any]
) -> list[Row]:
    return transaction.run(_text(name), {**parameters, "case": case}).values()


def _sent(transaction: ManagedTransaction, name: str, case: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The same, not waiting for the end of a statement that returns nothing: its errors come with the next one or the
    commit."""
    given = {key: _Rows(value) if type(value) is list else value for key, value in parameters.items()}
    result = transaction.run(_text(name), {**given, "case": case})
    return result.values() if result.keys() else []


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
            f"{address.text}: unsupported server {agent}: Neo4j {'.'.join(map(str, OLDEST))} or newer is needed"
        )
