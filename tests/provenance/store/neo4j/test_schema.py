"""The first writer to a filled database waits for its constraints, in any case; two writers to a new one both succeed."""

from __future__ import annotations

import secrets
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import Neo4jError

from provenance.errors import StoreUnreachable
from provenance.store.neo4j import Neo4jStore, schema
from provenance.store.neo4j.address import credentials as read_credentials
from provenance.store.neo4j.address import parse
from provenance.store.neo4j.server import Server
from tests.provenance.store.neo4j.servers import Running
from tests.provenance.store.sqlite import history


def test_a_database_with_any_case_is_full(store: Neo4jStore, server: Running) -> None:
    with store.writer() as writer:
        writer.apply(history.batch(0, 5))
    other = Server(parse(f"{server.uri}?case=test-{secrets.token_hex(6)}"), read_credentials(server.credentials), 60)
    try:
        assert schema.has_entities(other)
    finally:
        other.close()


@pytest.mark.parametrize(("deadlocks", "succeeds"), [(1, True), (4, True), (5, False)])
def test_a_statement_that_a_deadlock_ended_is_run_again(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch, deadlocks: int, succeeds: bool
) -> None:
    """Only the driver is replaced, to report what a server reports to one of two programs that wait for each other."""
    run, failures = neo4j.Session.run, ["Neo.TransientError.Transaction.DeadlockDetected"] * deadlocks

    def end(session: neo4j.Session, query: Any, parameters: dict[str, Any]) -> neo4j.Result:
        if failures:
            raise Neo4jError._hydrate_neo4j(code=failures.pop(), message="can't acquire UpdateLock")
        return run(session, query, parameters)

    monkeypatch.setattr(neo4j.Session, "run", end)
    if succeeds:
        store._server.run_auto_commit("schema/1-lock")
    else:
        with pytest.raises(StoreUnreachable, match="can't acquire UpdateLock"):
            store._server.run_auto_commit("schema/1-lock")
    assert failures == []


def test_other_errors_of_such_a_statement_are_raised_at_once(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def end(session: neo4j.Session, query: Any, parameters: dict[str, Any]) -> neo4j.Result:
        attempts.append(query)
        raise Neo4jError._hydrate_neo4j(code="Neo.TransientError.General.MemoryPoolOutOfMemoryError", message="")

    with monkeypatch.context() as replaced, pytest.raises(StoreUnreachable, match="too little memory"):
        replaced.setattr(neo4j.Session, "run", end)
        store._server.run_auto_commit("schema/1-lock")
    assert len(attempts) == 1
