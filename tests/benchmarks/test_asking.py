"""The benchmark of GraphQL runs, tiny: what it measures is told, never asserted."""

from __future__ import annotations

import pytest

from benchmarks.asking import main


def test_every_operation_is_asked_and_answered(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--edges", "0.002", "--clients", "2", "--seconds", "3"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 clients, ")
    assert not any(line.startswith("failed") for line in lines)
    assert "p95" in lines[1]
