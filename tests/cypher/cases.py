"""Temporary cases on a server, to which tests send statements."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from neo4j import Driver, GraphDatabase, NotificationMinimumSeverity, Record

from provenance.ingest.identity import format_id
from provenance.intake.run import ingest
from provenance.store.hunts import hunt
from provenance.store.interface import Lines
from provenance.store.neo4j import Neo4jStore
from tests.cypher.files import load
from tests.provenance.recordings.recordings import Recording
from tests.provenance.store.neo4j.servers import Running


@dataclass(frozen=True, slots=True)
class Case:
    """A temporary case on a server that many tests share."""

    store: Neo4jStore
    name: str
    driver: Driver

    def records(self, text: str, **parameters: Any) -> list[Record]:
        """Run a text as pasted, with `case` as a parameter; returns its records."""
        with_case = {"case": self.name, **parameters}
        return self.driver.execute_query(text, with_case, database_="neo4j").records

    def ask(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        """Run a statement of `cypher/`, a hunt with its default parameters; returns its rows."""
        known = hunt(name.removeprefix("hunt/")).parameters if name.startswith("hunt/") else {}
        return [dict(record) for record in self.records(load(name).body, **{**known, **parameters})]


@contextmanager
def case_on(server: Running, fill: Callable[[Neo4jStore], None]) -> Iterator[Case]:
    """Create and fill a case, and drop it at the end."""
    name = f"test-{secrets.token_hex(6)}"
    user, password = server.credentials.read_text(encoding="utf-8").splitlines()
    with (
        closing(Neo4jStore(f"{server.uri}?case={name}", Lines.NONE, server.credentials)) as store,
        GraphDatabase.driver(
            server.uri,
            auth=(user, password),
            max_transaction_retry_time=1,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
        ) as driver,
    ):
        fill(store)
        yield Case(store, name, driver)
        store.drop()


def of_recording(recording: Recording) -> Callable[[Neo4jStore], None]:
    """Fills a case with the logs of a recording."""

    def fill(store: Neo4jStore) -> None:
        ingest(store, [str(log) for log in recording.logs])

    return fill


def printed(store: Neo4jStore, start: dict[int, int]) -> list[dict[str, Any]]:
    """The start of a trace as a parameter of the statements: printed ids with bounds."""
    nodes = store.nodes(start)
    return [{"id": format_id(nodes[id].kind, id), "bound": bound} for id, bound in start.items()]
