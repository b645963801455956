"""A largest number of steps holds, and what a story must not hide comes first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.provenance.recordings.recordings import Recording, discovered, ingested, run, traced

(THREADS,) = (recording for recording in discovered() if recording.name == "threads")
"""An intruder who came in three times, so that a small number of steps is less than his arrivals."""


@pytest.fixture(scope="module")
def threads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ingested(tmp_path_factory.mktemp("threads") / "s.db", THREADS.logs)


def chain(store: Path, recording: Recording, steps: int) -> list[str]:
    trace = traced("backtrack", store, [*recording.backward(), "--steps", str(steps)])
    return [step["text"] for step in trace["chain"]]


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 6, 8, 60])
def test_a_chain_has_at_most_as_many_steps_as_requested(threads: Path, steps: int) -> None:
    texts = chain(threads, THREADS, steps)
    assert len(texts) <= steps and (len(texts) == steps or steps == 60)


def test_the_alert_the_way_in_and_the_end_come_first(threads: Path) -> None:
    alert = "bash /srv/shop/.p → contacts 203.0.113.9:8443/tcp; reads /srv/shop/.p"
    (one,) = chain(threads, THREADS, 1)
    arrival, two = chain(threads, THREADS, 2)
    *_, last = chain(threads, THREADS, 3)
    assert one.startswith(alert.split(";", 1)[0]) and two == one
    assert arrival.startswith("198.51.100.23:60966 enters through")
    assert last.startswith("cat /srv/shop/.p.tgz")


def test_the_story_counts_the_arrivals_that_it_leaves_out(threads: Path) -> None:
    def left_out(steps: str) -> int:
        _, story = run("backtrack", "--store", threads, *THREADS.backward(), "--steps", steps)
        found = re.search(r"(\d+) less important.* --steps all shows every step", story)
        assert found is not None
        return int(found[1])

    assert left_out("2") == left_out("1") - 1 == left_out("8") + 6
