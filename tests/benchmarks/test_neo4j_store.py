"""The benchmark of the store on a server runs on a small graph."""

from __future__ import annotations

import lzma
from itertools import islice
from pathlib import Path

from benchmarks import naive
from benchmarks.neo4j_store import main
from provenance.store.neo4j.address import credentials
from tests.conftest import ROOT
from tests.provenance.store.neo4j.servers import running


def test_traces_and_their_round_trips(tmp_path: Path) -> None:
    server = running("lts")
    out = tmp_path / "page.md"
    to = ["--server", server.uri, "--credentials", str(server.credentials)]
    main([*to, "--only", "tracing", "--edges", "2000", "--limit", "1", "--out", str(out)])
    page = out.read_text("utf-8")
    assert "| backward trace of 1,026 edges out of 2,000, Neo4j |" in page
    assert "| trace 77 deep, 1,026 edges |" in page
    assert "| plain, 6 deep |" in page


def test_the_naive_writer_writes(tmp_path: Path) -> None:
    server = running("lts")
    login = credentials(server.credentials)
    assert login is not None
    log = tmp_path / "audit.log"
    with lzma.open(ROOT / "provenance" / "demo" / "data" / "web01.log.xz") as stream:
        log.write_bytes(b"".join(islice(stream, 300)))
    assert naive.write_log(server.uri, login, str(log), 5.0, lambda: 0.0).rate > 0
