"""Shared fixtures: where the recordings and the corpus lie, when they are present."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
"""Logs that belong to others and stay outside the repository; tests that need them skip when it is absent."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared recordings and corpus, or a skip that says why."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not here: recordings and corpus are not part of this repository")
    return SHARED
