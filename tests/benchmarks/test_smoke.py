"""The benchmark runs on a small graph; the measured times are not asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import inputs, synthetic
from benchmarks.__main__ import main
from benchmarks.starting import NOTHING, starting
from provenance.ingest.pyauparse import events
from provenance.store import open_store


def test_a_repeated_log_has_unique_serials(tmp_path: Path) -> None:
    log = inputs.write_log(tmp_path / "log", 2)
    read = [(event.daemon, event.serial) for event in events(str(log))]
    assert len(read) == len(set(read)) == inputs.events_in(log)
    assert read[0][1] < read[-1][1]


def test_the_synthetic_graph_has_the_expected_edges(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "graph.db"))
    ends = synthetic.build(store, 2 * synthetic.EDGES)
    assert len(ends) == 2
    assert sum(store.statistics().flows.values()) == 2 * (synthetic.EDGES + 1)


def test_short_commands_are_measured_beside_an_interpreter_that_does_nothing(tmp_path: Path) -> None:
    figures = list(starting(tmp_path, 1))
    assert figures[0].what == f"`{NOTHING}`" and figures[0].compared == ""
    assert any("provenance find" in figure.what for figure in figures)
    assert all(figure.compared.endswith(f" of `{NOTHING}`") for figure in figures[1:])


def test_a_table_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "benchmarks.md"
    main(["--only", "tracing", "--edges", "0.005", "--out", str(out)])
    assert "backward trace of 1,026 edges out of 0.005 million" in capsys.readouterr().out
    assert "| backward trace" in out.read_text()
