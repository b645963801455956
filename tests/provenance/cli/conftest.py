"""A small log, a store filled from it, and the command line as a function."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from provenance.cli import main
from tests.conftest import ROOT

BUNDLED = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
_LINES = 20_000


class Result(NamedTuple):
    """What a command answered, and what it result beside."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def command(capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line in this process."""

    def run(*words: str | Path) -> Result:
        capfd.readouterr()
        code = main([str(word) for word in words])
        return Result(code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of the bundled log, as a plain file."""
    path = tmp_path_factory.mktemp("log") / "audit.log"
    path.write_bytes(b"".join(lzma.decompress(BUNDLED.read_bytes()).splitlines(keepends=True)[:_LINES]))
    return path


@pytest.fixture(scope="session")
def store(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds `log`."""
    path = tmp_path_factory.mktemp("store") / "case.db"
    assert main(["ingest", "--store", str(path), str(log)]) == 0
    return path
