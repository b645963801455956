"""A store on a server by the command line: credentials come from a file or the environment, never from an argument."""

from __future__ import annotations

import json
import lzma
from contextlib import closing
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.store.neo4j import Neo4jStore
from tests.conftest import ROOT
from tests.provenance.store.neo4j.servers import LINES, Running, running


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
    login = ["--credentials", str(server.credentials)]
    assert main(["ingest", "--store", address, *login, log]) == 0
    capsys.readouterr()
    assert main(["find", "--store", address, *login, "--host", "web01", "--format", "json"]) == 0
    from_file = capsys.readouterr().out
    assert json.loads(from_file)["entities"]
    assert main(["stats", "--store", address]) == 3, "without credentials"
    user, password = server.credentials.read_text("utf-8").splitlines()[:2]
    monkeypatch.setenv("PROVENANCE_NEO4J_USER", user)
    monkeypatch.setenv("PROVENANCE_NEO4J_PASSWORD", password)
    capsys.readouterr()
    assert main(["find", "--store", address, "--host", "web01", "--format", "json"]) == 0
    assert capsys.readouterr().out == from_file
    copied = str(tmp_path / "copy.db")
    assert main(["copy", address, copied]) == 0
    captured = capsys.readouterr()
    assert "are equal" in captured.out and "or its user may not read them" in captured.err
    with closing(Neo4jStore(address)) as store:
        store.documents().add("mark", "1", {})
    assert main(["copy", address, copied]) == 0
    assert not capsys.readouterr().err


def test_a_copy_between_servers_with_different_passwords(
    server: Running, address: str, log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (other,) = (running(line) for line in LINES if running(line) != server)
    case = address.partition("?")[2]
    target = f"{other.uri}?{case}"
    assert main(["ingest", "--store", address, "--credentials", str(server.credentials), log]) == 0
    capsys.readouterr()
    words = ["copy", address, target, "--credentials", str(other.credentials)]
    assert main(words) == 3, "the other server's password is another one"
    assert main([*words, "--source-credentials", str(server.credentials)]) == 0
    assert "are equal" in capsys.readouterr().out
    copy = Neo4jStore(target, credentials=other.credentials)
    copy.drop()
    copy.close()
