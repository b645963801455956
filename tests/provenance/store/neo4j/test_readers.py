"""A user without write access can run every reading command."""

from __future__ import annotations

import json
import lzma
import secrets
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import neo4j
import neo4j._sync.work.session
import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.cli import main
from provenance.demo.incident import log
from provenance.store.interface import Selector
from provenance.store.neo4j import Neo4jStore
from tests.provenance.store.neo4j.servers import LINES, Running, running

_LINES = 3_000


class Case(NamedTuple):
    """A case that holds the beginning of the bundled incident, and the options that name it."""

    server: Running
    address: str
    log: Path

    @property
    def store(self) -> tuple[str, ...]:
        return ("--store", self.address, "--credentials", str(self.server.credentials))


@pytest.fixture(scope="module", params=LINES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    server = running(request.param)
    path = tmp_path_factory.mktemp("log") / "audit.log"
    with log() as packed_log, lzma.open(packed_log) as stream:
        path.write_bytes(b"".join(islice(stream, _LINES)))
    made = Case(server, f"{server.uri}?case=test-{secrets.token_hex(6)}", path)
    assert main(["ingest", *made.store, str(path)]) == 0
    store = Neo4jStore(made.address, credentials=server.credentials)
    process = next(store.find(Selector(command=".")))
    alert_fields = {"host": process.host, "process": {"command": process.attributes["command"]}}
    submit(store.documents(), [Alert("a1", "ndr", "1", "", alert_fields)], 0)
    yield made
    store.drop()
    store.close()


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver begins no transaction but reading ones, in which the server refuses to write."""
    monkeypatch.setattr(neo4j, "WRITE_ACCESS", neo4j.READ_ACCESS)
    monkeypatch.setattr(neo4j._sync.work.session, "WRITE_ACCESS", neo4j.READ_ACCESS)


@pytest.fixture
def answer(case: Case, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """The JSON output of a command."""

    def ask(name: str, *words: str) -> Any:
        capfd.readouterr()
        code = main([name, *case.store, *words, "--format", "json"])
        out, err = capfd.readouterr()
        assert code == 0, err
        return json.loads(out)

    return ask


@pytest.mark.usefixtures("read_only")
def test_every_reading_command(
    case: Case, answer: Callable[..., Any], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = answer("find", "--host", "web01")["entities"]
    ids = [entity["id"] for entity in found if entity["kind"] == "process"]
    trace = answer("backtrack", "--id", ids[-1])
    assert answer("forward", "--id", ids[0])["edges"]
    assert answer("backtrack", "--alert", "a1", "--all")["nodes"]
    assert answer("find", "--command", ".") and answer("find", "--file", "/*")["entities"]
    assert answer("show", ids[-1])
    events = answer("evidence", trace["edges"][0]["id"])["events"]
    assert answer("evidence", events[0]["event"])["events"] == events[:1]
    assert answer("backtrack", "--event", events[0]["event"])["nodes"]
    assert answer("stats")["nodes"]
    assert answer("prune", "--before", "2030-01-01T00:00:00Z", "--dry-run")["dropped"]["flows"] > 100
    copied = str(tmp_path / "copy.db")
    assert main(["copy", case.address, copied, "--credentials", str(case.server.credentials)]) == 0
    assert "are equal" in capfd.readouterr().out


@pytest.mark.usefixtures("read_only")
@pytest.mark.parametrize("words", [("ingest", "LOG"), ("prune", "--before", "2030-01-01T00:00:00Z")])
def test_the_check_finds_a_write(case: Case, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [str(case.log) if word == "LOG" else word for word in words]
    assert main([arguments[0], *case.store, *arguments[1:]]) != 0
    assert "access mode" in capfd.readouterr().err.lower()
