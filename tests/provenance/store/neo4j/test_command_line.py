"""A server's store from the command line: who speaks to it comes from a file or the environment, never from an argument."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from provenance.cli import main
from tests.conftest import ROOT
from tests.provenance.store.neo4j.servers import Running


@pytest.fixture
def log(tmp_path: Path) -> str:
    """The beginning of the bundled incident."""
    path = tmp_path / "audit.log"
    with lzma.open(ROOT / "provenance" / "demo" / "data" / "web01.log.xz") as stream:
        path.write_bytes(b"".join(stream.readline() for _ in range(400)))
    return str(path)


def test_the_same_from_a_file_and_from_the_environment(
    address: str,
    server: Running,
    log: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("PROVENANCE_NEO4J_USER", "PROVENANCE_NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    who = ["--credentials", str(server.credentials)]
    assert main(["ingest", "--store", address, *who, log]) == 0
    capsys.readouterr()
    assert main(["find", "--store", address, *who, "--host", "web01", "--format", "json"]) == 0
    from_file = capsys.readouterr().out
    assert json.loads(from_file)["entities"]
    assert main(["stats", "--store", address]) == 3, "nobody said who asks"
    user, password = server.credentials.read_text("utf-8").splitlines()[:2]
    monkeypatch.setenv("PROVENANCE_NEO4J_USER", user)
    monkeypatch.setenv("PROVENANCE_NEO4J_PASSWORD", password)
    capsys.readouterr()
    assert main(["find", "--store", address, "--host", "web01", "--format", "json"]) == 0
    assert capsys.readouterr().out == from_file
    copied = str(tmp_path / "copy.db")
    assert main(["copy", address, copied]) == 0
    assert "are equal" in capsys.readouterr().out
