"""Stores for incidents: an empty one, and one with the bundled incident."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenance.store import open_store
from provenance.store.interface import Store
from tests.provenance.recordings.recordings import BUNDLED, ingested


@pytest.fixture(scope="session")
def seed_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the bundled incident, to be copied or read."""
    return ingested(tmp_path_factory.mktemp("seed") / "seed.db", [BUNDLED])


@pytest.fixture
def seed(seed_path: Path, tmp_path: Path) -> Iterator[Store]:
    """A store with the bundled incident."""
    shutil.copy(seed_path, tmp_path / "graph.db")
    store = open_store(str(tmp_path / "graph.db"))
    yield store
    store.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    """A store without a log."""
    store = open_store(str(tmp_path / "empty.db"))
    with store.writer():
        pass
    yield store
    store.close()
