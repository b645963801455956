"""The GraphQL benchmark runs on a small graph; the measured times are not asserted."""

from __future__ import annotations

import pytest

from benchmarks.graphql_load import main


def test_every_operation_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--edges", "0.002", "--clients", "2", "--seconds", "3"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 clients, ")
    assert not any(line.startswith("failed") for line in lines)
    assert "p95" in lines[1]
