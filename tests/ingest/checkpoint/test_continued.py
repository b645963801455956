"""A log that is read in parts, with its state stored in between, gives the same facts as when it is read at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest import checkpoint
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import Event, events
from tests.ingest.histories import Step, histories, script_of
from tests.ingest.reading import facts_of
from tests.ingest.rules.test_visits import login, sshd, without_accept
from tests.ingest.script import Script
from tests.provenance.store.oracle import Oracle

PATIENT = settings(max_examples=40, deadline=None)


def stored(batches: list[Batch]) -> dict[str, object]:
    """What a store holds after batches. Provisional flows of a run that was gone on from are dropped by then."""
    oracle = Oracle()
    for batch in batches:
        oracle.apply(batch)
    return {
        "entities": oracle.entities,
        "names": oracle.names,
        "runs": oracle.runs,
        "notes": oracle.notes,
        "blinds": oracle.blinds,
        "connections": oracle.connections,
        "tallies": oracle.tallies,
    }


def run(deriver: Deriver, log: list[Event], size: int | None = None) -> list[Batch]:
    """The batches of a run of ingest, taken after every `size` events."""
    batches: list[Batch] = []
    for number, event in enumerate(log, 1):
        deriver.push(event)
        if size is not None and number % size == 0:
            batches.append(deriver.take())
    return [*batches, deriver.take()]


def in_runs(log: list[Event], *cuts: int, repeat: int = 0) -> list[Batch]:
    """The batches of several runs of ingest; each begins `repeat` events before where the former ended."""
    batches: list[Batch] = []
    saved: bytes | None = None
    for first, last in zip((0, *cuts), (*cuts, len(log)), strict=True):
        deriver = Deriver("web01") if saved is None else checkpoint.load(saved)[0]
        found = run(deriver, log[max(first - repeat, 0) : last])
        found[0].begins = saved is not None
        saved = checkpoint.save(deriver)
        batches += [*found, deriver.conclude()]
    return batches


def assert_same(one: dict[str, object], other: dict[str, object], *but: str) -> None:
    for name in one.keys() - set(but):
        assert one[name] == other[name], name


@PATIENT
@given(histories(25), st.booleans())
def test_any_cut_of_a_history_changes_nothing(history: list[Step], closes: bool) -> None:
    log = script_of(history, closes).parsed()
    complete = stored(in_runs(log))
    for cut in range(1, len(log)):
        assert_same(stored(in_runs(log, cut)), complete)


@PATIENT
@given(histories(30), st.integers(1, 7))
def test_any_size_of_batches_changes_nothing(history: list[Step], size: int) -> None:
    log = script_of(history).parsed()
    deriver, in_batches = Deriver("web01"), Deriver("web01")
    complete, parts = run(deriver, log), run(in_batches, log, size)
    assert_same(stored([*parts, in_batches.conclude()]), stored([*complete, deriver.conclude()]))


@PATIENT
@given(histories(30), st.integers(1, 29), st.integers(0, 30))
def test_files_that_overlap_change_nothing(history: list[Step], cut: int, repeat: int) -> None:
    """The same events again are known, and counted as such."""
    log = script_of(history).parsed()
    assert_same(stored(in_runs(log, min(cut, len(log)), repeat=repeat)), stored(in_runs(log)), "tallies")


def test_events_read_again_are_counted_as_known() -> None:
    script = Script()
    script.process(100).opens("/a")
    script.process(100).closes(3)
    log = script.parsed()
    tallies = facts_of(in_runs(log, 2, repeat=2)).tallies
    assert tallies == {"events": 2, "known": 2}


def test_an_open_descriptor_lives_from_one_run_to_the_next() -> None:
    """Opened yesterday, closed today: one flow."""
    script = Script()
    sh = script.process(100)
    sh.opens("/secret", fd=3)
    child = sh.forks(101)
    sh.closes(3)
    child.call("kill", 1, 9)
    child.closes(3)
    oracle = Oracle()
    for batch in in_runs(script.parsed(), 1, 2, 3, 4):
        oracle.apply(batch)
    moments = sorted(run for run in oracle.runs.values() if run.kind.name == "READ")
    assert len(moments) == 2
    assert not any(flow.open for flow in moments)


@pytest.fixture(scope="module")
def recorded() -> list[Event]:
    return list(events(Path(__file__).parents[3] / "provenance" / "demo" / "data" / "web01.log.xz"))


@pytest.fixture(scope="module")
def at_once(recorded: list[Event]) -> dict[str, object]:
    return stored(in_runs(recorded))


@pytest.mark.parametrize("cuts", [(1, 5000, 5001), (12_345,), (8000, 16_000, 24_000)])
def test_cuts_of_a_recorded_log_change_nothing(
    recorded: list[Event], at_once: dict[str, object], cuts: tuple[int, ...]
) -> None:
    assert_same(stored(in_runs(recorded, *cuts, repeat=100)), at_once, "tallies")


@pytest.mark.parametrize("cut", range(1, 7))
def test_a_connection_whose_accept_is_not_recorded_continues(cut: int) -> None:
    script = without_accept(("198.51.100.23", 50000, "10.0.0.20", 22))
    service = script.process(500, 400, comm="sshd", exe="/usr/sbin/sshd")
    service.writes(3)
    service.forks(501).writes(3)
    service.exits()
    log = script.parsed()
    assert_same(stored(in_runs(log, min(cut, len(log)))), stored(in_runs(log)))


@pytest.mark.parametrize("cut", [8, 12, 16, 20])
def test_the_commands_of_a_multiplexed_connection_continue(cut: int) -> None:
    script = Script()
    service = login(script, sshd(script))
    for number in range(4):
        replace(service.forks(600 + number), uid=1000).execs("/bin/bash", "bash", "-c", f"id {number}")
    log = script.parsed()
    complete = stored(in_runs(log))
    assert_same(stored(in_runs(log, min(cut, len(log)))), complete)
    assert "id 3" in str(complete["entities"])
