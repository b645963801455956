"""A store with the bundled incident."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance.recordings.recordings import BUNDLED, ingested


@pytest.fixture(scope="session")
def seed_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the bundled incident, to be read."""
    return ingested(tmp_path_factory.mktemp("seed") / "seed.db", [BUNDLED])
