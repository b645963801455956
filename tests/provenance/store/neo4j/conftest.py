"""Servers of both release lines, and temporary cases on them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from provenance.store.neo4j import Neo4jStore
from tests.provenance.store.neo4j.servers import LINES, Running, running


@pytest.fixture(params=LINES)
def server(request: pytest.FixtureRequest) -> Running:
    """A running server."""
    return running(request.param)


@pytest.fixture
def address(server: Running) -> Iterator[str]:
    """The address of a new case; it is removed afterwards."""
    text = f"{server.uri}?case=test-{secrets.token_hex(6)}"
    yield text
    store = Neo4jStore(text, credentials=server.credentials)
    store.drop()
    store.close()


@pytest.fixture
def store(address: str, server: Running) -> Iterator[Neo4jStore]:
    """A store in a new case."""
    store = Neo4jStore(address, credentials=server.credentials)
    yield store
    store.close()
