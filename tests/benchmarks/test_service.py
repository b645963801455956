"""The service's benchmark runs, tiny: what it measures is told; that nothing is lost or done twice is asserted."""

from __future__ import annotations

import pytest

from benchmarks.service import main


def test_a_burst_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--alerts", "1", "--burst", "20"])
    said = capsys.readouterr().out
    assert "POST to finished backtrack, idle: median " in said
    assert "a page of alerts over GraphQL, while 2 are traced: median " in said
    assert "burst: 20 alerts accepted in " in said
    assert "burst: 0 lost, 0 done twice, {'done': 23}" in said
