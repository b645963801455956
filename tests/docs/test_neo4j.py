"""The page on servers: its commands run on a server of either line."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest

from provenance.store.neo4j import Neo4jStore
from tests.conftest import ROOT
from tests.docs.test_commands import typed
from tests.provenance.store.neo4j.servers import LINES, running

STEPS = re.compile(r"## From nothing to a trace\n.*?^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("line", LINES)
def test_from_nothing_to_a_trace(line: str, tmp_path: Path) -> None:
    server = running(line)
    case = f"test-{secrets.token_hex(6)}"
    found = STEPS.search((ROOT / "docs" / "neo4j.md").read_text("utf-8"))
    assert found is not None
    start, *steps = found[1].splitlines()
    assert start == "script/neo4j.py start", "it runs already"
    replacements = {
        "bolt://127.0.0.1:17687?case=web01": f"{server.uri}?case={case}",
        ".cache/neo4j/lts/credentials": f"'{server.credentials}'",
        "provenance/demo/data/": f"{ROOT}/provenance/demo/data/",
    }
    text = "\n".join(steps)
    for documented, actual in replacements.items():
        assert text.count(documented) == 1
        text = text.replace(documented, actual)
    done = typed(f"set -e\n{text}", tmp_path)
    store = Neo4jStore(f"{server.uri}?case={case}", credentials=server.credentials)
    store.drop()
    store.close()
    assert done.returncode == 0, done.stderr
    assert "Way in     198.51.100.23:60342/tcp" in done.stdout
    assert "copied to web01.db; the stores are equal" in done.stdout
