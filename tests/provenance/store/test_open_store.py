"""Opening a store by its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from provenance.errors import StoreUnreachable, UsageError
from provenance.store import open_store
from provenance.store.neo4j import Neo4jStore
from provenance.store.sqlite import SQLiteStore


@pytest.mark.parametrize("address", ["{}/a.db", "sqlite:{}/a.db", "{}/odd:name?.db"])
def test_a_path_is_an_embedded_store(tmp_path: Path, address: str) -> None:
    store = open_store(address.format(tmp_path))
    assert isinstance(store, SQLiteStore)
    assert not list(tmp_path.iterdir())
    with store.writer():
        pass
    assert store.hosts() == []


def test_a_required_file_is_checked_immediately(tmp_path: Path) -> None:
    path = str(tmp_path / "a.db")
    with pytest.raises(StoreUnreachable, match="there is no store at"):
        open_store(path, create=False)
    with open_store(path).writer():
        pass
    assert open_store(path, create=False).hosts() == []


@pytest.mark.parametrize("address", ["neo4j://db:7687", "bolt://db/graphs?case=web", "neo4j+s://db"])
def test_a_uri_is_a_store_on_a_server_without_a_request(address: str) -> None:
    assert isinstance(open_store(address), Neo4jStore)


def test_a_required_server_is_checked_immediately() -> None:
    with pytest.raises(StoreUnreachable, match=r"bolt://127\.0\.0\.1:1: cannot be reached"):
        open_store("bolt://127.0.0.1:1", create=False)


@pytest.mark.parametrize("address", ["", "sqlite:", "http://db/graph", "db:7687"])
def test_an_invalid_address(address: str) -> None:
    with pytest.raises(UsageError):
        open_store(address)


def test_an_invalid_treatment_of_lines() -> None:
    with pytest.raises(UsageError, match="keep, reference, none"):
        open_store("a.db", "maybe")
