"""The audit trail: who requested what, and which requests were rejected."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from provenance.service.app import create_app
from provenance.service.auth.rates import Rates
from provenance.service.auth.tokens import Scope
from provenance.service.service import Service
from provenance.store.interface import Store
from tests.provenance.service.conftest import token_for


class Trail(logging.Handler):
    """Keeps what is noted, as it would be written down."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.noted.append({"message": record.getMessage()} | vars(record))

    def of(self, *names: str) -> list[tuple[object, ...]]:
        return [tuple(record.get(name) for name in names) for record in self.noted]


@pytest.fixture
def trail() -> Iterator[Trail]:
    logger, trail_handler = logging.getLogger("provenance.audit"), Trail()
    level = logger.level
    logger.addHandler(trail_handler)
    logger.setLevel(logging.INFO)
    yield trail_handler
    logger.removeHandler(trail_handler)
    logger.setLevel(level)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_rejected_request_is_logged_without_the_token(empty: Store, trail: Trail) -> None:
    token = token_for(empty, Scope.READ)
    name = f"token {token.split('_')[1]}"
    with TestClient(create_app(Service(empty, rates=Rates(2)))) as client:
        assert client.get("/alerts").status_code == 401
        assert client.get("/alerts/" + "x" * 9_000, headers=bearer(token + "0")).status_code == 401
        assert client.post("/alerts", content="{}", headers=bearer(token)).status_code == 403
        assert client.get("/alerts", headers=bearer(token)).status_code == 200
        assert (
            client.post("/graphql", json={"query": "{ hosts { totalCount } }"}, headers=bearer(token)).status_code
            == 429
        )
    rejected = [record for record in trail.of("message", "status", "who") if record[0] == "request denied"]
    assert rejected == [
        ("request denied", 401, None),
        ("request denied", 401, None),
        ("request denied", 403, name),
        ("request denied", 429, name),
    ]
    assert token not in str(trail.of("what", "why", "query"))
    assert max(len(str(what)) for (what,) in trail.of("what")) <= 200


def test_an_operation_is_logged_with_its_fields(empty: Store, trail: Trail) -> None:
    headers = bearer(token_for(empty))
    query = """
    query Named { ...Parts again: hosts { totalCount } }
    fragment Parts on Query { ... on Query { statistics { bytes } } hosts { totalCount } }
    """
    with TestClient(create_app(Service(empty))) as client:
        client.post("/graphql", json={"query": query}, headers=headers)
        client.post("/graphql", json={"query": "{ hosts { totalCount } }"}, headers=headers)
    assert trail.of("what", "fields") == [("query Named", ["statistics", "hosts"]), ("query", ["hosts"])]
