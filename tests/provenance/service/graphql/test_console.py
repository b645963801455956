"""The page for trying operations: off by default, self-contained, and only its own script runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from provenance.service.app import create_app
from provenance.service.service import Service
from provenance.service.settings import Graphql, Settings
from provenance.store import open_store
from tests.provenance.service.graphql.conftest import OPERATIONS


def asking(folder: Path, switched_on: bool) -> TestClient:
    store = open_store(str(folder / "graph.db"))
    with store.writer():
        pass
    return TestClient(create_app(Service(store, Settings(graphql=Graphql(graphiql=switched_on)))))


def test_it_is_off_unless_switched_on(tmp_path: Path) -> None:
    answer = asking(tmp_path, False).get("/graphql", headers={"Accept": "text/html"})
    assert answer.status_code == 401


def test_the_console_loads_nothing_from_other_servers(tmp_path: Path) -> None:
    client = asking(tmp_path, True)
    answer = client.get("/graphql")
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"https?://|//[a-z]|@import|url\(|\ssrc=", answer.text)
    policy = answer.headers["content-security-policy"]
    (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
    assert policy.startswith("default-src 'none'; connect-src 'self';")
    assert set(re.findall(r'nonce="([^"]*)"', answer.text)) == {nonce}
    assert nonce not in client.get("/graphql").text
    assert client.post("/graphql", json={"query": "{ __typename }"}).status_code == 401


def test_it_offers_the_published_operations(tmp_path: Path) -> None:
    text = asking(tmp_path, True).get("/graphql").text
    (found,) = re.findall(r'id="operations">(.*?)</script>', text, re.DOTALL)
    offered = json.loads(found)
    assert offered["hosts"] == (OPERATIONS / "hosts.graphql").read_text("utf-8")
    assert offered.keys() < {path.stem for path in OPERATIONS.glob("*.graphql")}
    assert "trace-progress" not in offered


def test_its_script_can_be_read(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    text = asking(tmp_path, True).get("/graphql").text
    (script,) = re.findall(r'<script nonce="[^"]*">(.*?)</script>', text, re.DOTALL)
    (tmp_path / "console.js").write_text(script, "utf-8")
    done = subprocess.run([node, "--check", str(tmp_path / "console.js")], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
