"""A time taken from a record that was written while the clock was behind: a note says which time finds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.ingest.clock import rfc3339
from tests.ingest.script import START_MS
from tests.ingest.test_clock_set_back import HOUR_MS, back
from tests.provenance.cli.conftest import Command


@pytest.fixture(scope="module", params=[HOUR_MS + 1_500, 60 * HOUR_MS])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store, and the time that a record of after the restart carries."""
    folder = tmp_path_factory.mktemp("behind")
    log = folder / "audit.log"
    events = back(behind=request.param).parsed()
    log.write_bytes(b"".join(event.raw + b"\n" for event in events))
    assert main(["ingest", "--store", str(folder / "case.db"), str(log)]) == 0
    return folder / "case.db", rfc3339(events[-1].ms)


def test_the_time_of_the_record_leads_to_the_time_that_it_is_shown_at(command: Command, case: tuple[Path, str]) -> None:
    store, carried = case
    selection = ("backtrack", "--store", store, "--pid", "100", "--file", "/before3", "--all")
    result = command(*selection, "--at", carried)
    assert "the clock of web01 was behind after a restart" in result.err
    time = re.search(r"give (\S+) as the time", result.err)
    assert time is not None
    found = command(*selection, "--at", time[1])
    assert found.code == 0 and "the clock of web01 was behind" not in found.err
    assert "/before3" in found.out


def test_other_times_have_no_such_note(command: Command, case: tuple[Path, str]) -> None:
    for ms in (START_MS - 100 * HOUR_MS, START_MS + 10 * HOUR_MS):
        result = command("backtrack", "--store", case[0], "--pid", "100", "--all", "--at", rfc3339(ms))
        assert "was behind after a restart" not in result.err
