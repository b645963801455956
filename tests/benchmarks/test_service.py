"""The benchmark of the service runs with few alerts: none is lost or done twice; the measured times are not asserted."""

from __future__ import annotations

import pytest

from benchmarks.service import main


def test_a_burst_loses_no_alert(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--alerts", "1", "--burst", "20"])
    output = capsys.readouterr().out
    assert "POST to finished backtrack, idle: median " in output
    assert "a page of alerts over GraphQL, while 2 are traced: median " in output
    assert "burst: 20 alerts accepted in " in output
    assert "burst: 0 lost, 0 done twice, {'done': 23}" in output
