"""The page of the service benchmarks is written from a small graph."""

from __future__ import annotations

from pathlib import Path

from benchmarks.service_report import main


def test_the_page_holds_what_was_measured(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    main(["--only", "graphql", "--edges", "0.002", "--clients", "2", "--seconds", "1", "--out", str(page)])
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| SQLite: ")]
    assert rows[0].startswith("| SQLite: 2 clients, ") and "p95" in rows[0]
