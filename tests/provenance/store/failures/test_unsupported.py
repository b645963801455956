"""A server that is too old is reported with its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance.store.failures.commands import Case
from tests.provenance.store.failures.old_server import OldServer


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        ("Neo4j/5.25.1", "unsupported server Neo4j/5.25.1: Neo4j 5.26 or newer is needed"),
        ("Memgraph/2.1", "unsupported server Memgraph/2.1: Neo4j 5.26 or newer is needed"),
        (None, "is not a Neo4j server that this program supports"),
    ],
)
def test_an_unsupported_server(
    agent: str | None, message: str, logs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    login = tmp_path / "credentials"
    login.write_text("neo4j\nanything\n", "utf-8")
    server = OldServer(agent)
    case = Case(f"bolt://127.0.0.1:{server.port}", login, logs)
    for words in (["ingest", str(logs)], ["stats"]):
        assert case.error_here(capfd, *words).startswith(message)
    server.close()
