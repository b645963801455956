"""Stores with the bundled incident, tokens for them, and the incident's alert in our own format."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from provenance.demo.incident import alert, log
from provenance.intake.run import ingest
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.service.service import wall_ms
from provenance.store import open_store
from provenance.store.interface import Store
from provenance.store.neo4j import Neo4jStore
from tests.provenance.store.neo4j.servers import running


class Place(NamedTuple):
    """A store's address, with what a process needs to reach it."""

    address: str
    options: tuple[str, ...] = ()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with the bundled incident, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "graph.db"
    store = open_store(str(path))
    with log() as source:
        ingest(store, [str(source)])
    store.close()
    return path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    """A SQLite store with the bundled incident."""
    shutil.copy(filled, tmp_path / "graph.db")
    store = open_store(str(tmp_path / "graph.db"))
    yield store
    store.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    """A SQLite store without a log."""
    store = open_store(str(tmp_path / "graph.db"))
    with store.writer():
        pass
    yield store
    store.close()


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    """Where that store is."""
    return Place(str(tmp_path / "graph.db"))


@pytest.fixture(scope="session")
def on_server() -> Iterator[tuple[Store, Place]]:
    """A case on a Neo4j server with the bundled incident."""
    server = running("lts")
    address = f"{server.uri}?case=test-{secrets.token_hex(6)}"
    store = open_store(address, credentials=server.credentials)
    with log() as source:
        ingest(store, [str(source)])
    yield store, Place(address, ("--credentials", str(server.credentials)))
    assert isinstance(store, Neo4jStore)
    store.drop()
    store.close()


@pytest.fixture(params=["sqlite", "neo4j"])
def either(request: pytest.FixtureRequest) -> tuple[Store, Place]:
    """A store of either kind with the bundled incident."""
    if request.param == "neo4j":
        found: tuple[Store, Place] = request.getfixturevalue("on_server")
        return found
    return request.getfixturevalue("store"), request.getfixturevalue("place")


def token_for(store: Store, *scopes: Scope) -> str:
    """A token for a store; everything when no scope is named."""
    return tokens.create(store.documents(), scopes or (Scope.ADMIN,), "test", wall_ms())


@pytest.fixture
def seed() -> Callable[..., dict[str, Any]]:
    """The bundled incident's alert in our own format, with other fields when given."""
    about = alert()

    def made(id: str = "1001", **more: Any) -> dict[str, Any]:
        known = {
            "source": "ndr",
            "id": id,
            "title": about.title,
            "severity": "high",
            "time": about.time,
            "host": about.host,
            "process": {"command": "bash -i"},
            "network": {"remote_ip": about.remote_ip, "remote_port": about.remote_port},
        }
        return known | more

    return made
