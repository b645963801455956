"""The real import by the printed command, compared with the source and with a store that was written online."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import neo4j
import pytest

from provenance.ingest.facts import unpack_evidence
from provenance.intake.run import ingest
from provenance.store import open_store
from provenance.store.interface import EventKey, Selector, Store
from provenance.store.neo4j import Neo4jStore
from provenance.transfer.copy import copy
from provenance.transfer.digest import digest
from provenance.transfer.neo4j_import import export, finished
from tests.provenance.store import rich
from tests.provenance.store.neo4j.servers import Running, running
from tests.provenance.transfer.neo4j_import.offline import Offline

LINE = "lts"
CASE = "o'ff\"line, é"
PARTED = frozenset(("Witness", "LineBlock", "LineSpan", "Case"))
"""Nodes whose content depends on how facts came in batches, or on who wrote last."""


def test_an_import_equals_an_online_copy(tmp_path: Path) -> None:
    server = running(LINE)
    first, second = rich.logs(tmp_path)
    with closing(open_store(str(tmp_path / "graph.db"))) as source:
        rich.fill(source, first)
        write_files(source, tmp_path / "it's files")
        offline = imported_by(LINE, tmp_path)
        with offline.started() as uri, closing(Neo4jStore(f"{uri}?case={CASE}")) as imported:
            assert rich.everything(imported) == rich.everything(source)
            assert_found_alike(imported, source)
            assert_written_alike(source, uri, server)
            for store in (imported, source):
                ingest(store, [str(path) for path in second])
            assert rich.everything(imported) == rich.everything(source)


def test_the_tool_of_the_current_line_imports_the_same(tmp_path: Path) -> None:
    """The files are the same for both lines; the tool and the format of its database are not."""
    with closing(open_store(str(tmp_path / "graph.db"))) as source:
        rich.fill(source, rich.logs(tmp_path, 1_000)[0])
        write_files(source, tmp_path / "it's files")
        offline = imported_by("current", tmp_path)
        with offline.started() as uri, closing(Neo4jStore(f"{uri}?case={CASE}")) as imported:
            assert digest(imported) == digest(source)


def imported_by(line: str, folder: Path) -> Offline:
    """A server of a release line that has imported the files."""
    offline = Offline(line, folder / "home")
    command = ["sh", str(folder / "it's files" / "import.sh"), "--max-off-heap-memory=512m", "--threads=1"]
    result = subprocess.run(command, env=offline.environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return offline


def write_files(source: Store, folder: Path) -> None:
    with finished(folder) as partial:
        export(source, partial, CASE)


def assert_found_alike(imported: Store, source: Store) -> None:
    """Assert that indexes and lists beside the graph lead to the same results."""
    for selector in (Selector(command="bash"), Selector(file="/tmp/*"), Selector(pid=1), Selector(host="db01")):
        assert list(imported.find(selector)) == list(source.find(selector))
    flows = sorted(flow for flow in source.all_flows() if flow.detail is None)[::2000]
    for host in rich.HOSTS:
        for flow in flows:
            for event in unpack_evidence(flow.evidence)[:2]:
                key = EventKey(host, *event)
                assert list(imported.flows_at(key)) == list(source.flows_at(key))
                assert list(imported.raw([key])) == list(source.raw([key]))


def assert_written_alike(source: Store, uri: str, server: Running) -> None:
    """Assert that every node and relationship has the same labels, properties and types as written online."""
    case = f"test-{secrets.token_hex(6)}"
    user, password = server.credentials.read_text("utf-8").splitlines()[:2]
    with closing(Neo4jStore(f"{server.uri}?case={case}", credentials=server.credentials)) as online:
        copy(source, online)
        with (
            neo4j.GraphDatabase.driver(uri) as imported_driver,
            neo4j.GraphDatabase.driver(server.uri, auth=(user, password)) as online_driver,
        ):
            assert contents(imported_driver, CASE) == contents(online_driver, case)
        online.drop()


def contents(driver: neo4j.Driver, case: str) -> Counter[str]:
    """Every node and relationship of a case as text, with its number."""
    found: Counter[str] = Counter()
    with driver.session(database="neo4j") as session:
        for (node,) in session.run(query("nodes"), case=case).values():
            if not PARTED & node.labels:
                found[f"{sorted(node.labels)} {plain(node)}"] += 1
        for run, source, target in session.run(query("runs"), case=case).values():
            if not PARTED & source.labels:
                found[f"{run.type} {plain(run)} {source.get('key')} {target.get('key')}"] += 1
    assert len(found) > 2_000
    return found


def query(part: str) -> Any:
    if part == "nodes":
        return "MATCH (n) WHERE n.case = $case RETURN n"
    return "MATCH (a)-[r]->(b) WHERE a.case = $case RETURN r, a, b"


def plain(thing: neo4j.graph.Entity) -> list[tuple[str, Any]]:
    """The properties to compare: all except the case; a list that no field can hold is stored with what no property can, and
    no bytes are the same as empty ones."""
    values = {name: value for name, value in thing.items() if name != "case" and value != b""}
    exact = {name: value for name, value in json.loads(values.pop("exact", "{}")).items() if name != "argv"}
    argv = values.get("argv")
    if argv is not None and (argv in ([], [""]) or any("\x1f" in text for text in argv)):
        del values["argv"]
    return [*sorted(values.items()), ("exact", exact)]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any credentials: the server of this test requires none."""
    for name in ("PROVENANCE_NEO4J_USER", "PROVENANCE_NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    yield
