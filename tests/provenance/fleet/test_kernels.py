"""Hosts that share a kernel: which missing serials are no loss."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from provenance.fleet.kernels import Serials, unexplained
from provenance.ingest.facts import Batch
from provenance.ingest.rules.gaps import EXPLAINED, MISSING, WHY
from provenance.intake.run import ingest
from provenance.store.interface import Lines
from provenance.store.sqlite.store import SQLiteStore
from tests.ingest.script import Script


def none_read(host: str) -> list[int]:
    """No log has to be read."""
    raise AssertionError(host)


def log(host: str, serials: list[int], shift: int = 0) -> Serials:
    held = sorted(serials)
    missing = sorted(set(range(held[0], held[-1])) - set(held))
    newest = tuple((one, one) for one in missing if one > held[-1] - 1024)
    return Serials(host, held[0], held[-1], len(missing), held[0] + shift, held[-1] + shift, newest)


def split(serials: list[int], hosts: int, seed: int = 1) -> list[list[int]]:
    pick = random.Random(seed)
    parts: list[list[int]] = [[] for _ in range(hosts)]
    for serial in serials:
        pick.choice(parts).append(serial)
    return parts


def test_logs_of_containers_hold_each_others_missing_serials() -> None:
    parts = split(list(range(100, 9_000)), 3)
    found = unexplained([log(f"box{number}", part) for number, part in enumerate(parts)], none_read)
    assert found == {"box0": 0, "box1": 0, "box2": 0}


def test_serials_missing_from_every_log_are_counted_once() -> None:
    parts = split([serial for serial in range(100, 9_000) if not 3_000 <= serial < 3_040], 3)
    assert set(unexplained([log(f"box{number}", part) for number, part in enumerate(parts)], none_read).values()) == {
        40
    }


def test_serials_in_two_logs_are_counted_once() -> None:
    """Every daemon that listens hears of a change of the rules."""
    parts = split([serial for serial in range(100, 9_000) if not 3_000 <= serial < 3_007], 2)
    parts = [sorted({*part, *range(100, 120)}) for part in parts]
    logs = {f"box{number}": part for number, part in enumerate(parts)}
    assert unexplained([log(host, part) for host, part in logs.items()], logs.__getitem__) == {"box0": 7, "box1": 7}


def test_hosts_with_different_kernels_do_not_explain_missing_serials() -> None:
    """Each filters its log, and both counts have the same numbers."""
    pick = random.Random(3)
    one, other = (log(host, [serial for serial in range(100, 9_000) if pick.random() < 0.4]) for host in ("a", "b"))
    assert unexplained([one, other], none_read) == {}


def test_serials_that_do_not_grow_together_in_time_are_of_two_kernels() -> None:
    one, other = split(list(range(9_000)), 2)
    assert unexplained([log("a", one), log("b", other, 20_000)], none_read) == {}


def containers(lost: int = 0) -> dict[str, bytes]:
    """Two containers of one kernel, whose events alternate; `lost` serials in the middle are in neither log."""
    scripts = {host: Script(node=host) for host in ("box1", "box2")}
    pick = random.Random(2)
    for serial in range(200):
        script = scripts[pick.choice(("box1", "box2"))]
        script.ms, script.serial = 1_700_000_000_000 + serial * 10, 500 + serial
        if not 100 <= serial < 100 + lost:
            script.process(100).opens(f"/{serial}", fd=3)
    return {host: script.text() for host, script in scripts.items()}


@pytest.mark.parametrize("lost", [0, 7])
def test_the_counter_of_a_host_excludes_serials_in_other_logs(tmp_path: Path, lost: int) -> None:
    logs = containers(lost)
    with closing(SQLiteStore(tmp_path / "graph.db")) as store:
        for host, text in logs.items():
            (tmp_path / host).write_bytes(text)
            ingest(store, [str(tmp_path / host)])
        for _ in range(2):
            tallies = [summary.tallies for summary in store.hosts()]
            assert [one[MISSING] - one[EXPLAINED] for one in tallies] == [lost, lost]
            assert any(blind.why == WHY for blind in store.blinds())
            ingest(store, [str(tmp_path / host) for host in logs])


def missing_and_explained(store: SQLiteStore) -> dict[str, tuple[int, int]]:
    """For each host, how many serials its log lacks, and how many of them are in another host's log."""
    return {one.host: (one.tallies.get(MISSING, 0), one.tallies.get(EXPLAINED, 0)) for one in store.hosts()}


def ingest_all(store: SQLiteStore, folder: Path, logs: dict[str, bytes]) -> None:
    for host, text in logs.items():
        (folder / host).write_bytes(text)
        ingest(store, [str(folder / host)])


@pytest.mark.parametrize("present", [True, False])
def test_serials_in_a_log_that_was_deleted_explain_nothing(tmp_path: Path, present: bool) -> None:
    """The first five serials are in both logs, so the logs are read to count what they have in common."""
    scripts = {host: Script(node=host) for host in ("box1", "box2")}
    for number in range(1_301):
        for host, script in scripts.items():
            if number < 5 or (number % 2 == 0) == (host == "box1"):
                script.ms, script.serial = 1_700_000_000_000 + number * 10, 500 + number
                script.process(100).opens(f"/{number}", fd=3)
    with closing(SQLiteStore(tmp_path / "graph.db", Lines.REFERENCE)) as store:
        ingest_all(store, tmp_path, {"box1": scripts["box1"].text()})
        if not present:
            (tmp_path / "box1").unlink()
        ingest_all(store, tmp_path, {"box2": scripts["box2"].text()})
        # box1 lacks the odd numbers from 5 to 1299, box2 the even ones from 6 to 1298.
        assert missing_and_explained(store) == {
            "box1": (648, 648 if present else 0),
            "box2": (647, 647 if present else 0),
        }


def test_a_host_without_a_checkpoint_is_compared_with_none(tmp_path: Path) -> None:
    with closing(SQLiteStore(tmp_path / "graph.db")) as store:
        with store.writer() as writer:
            writer.apply(Batch("imported", tallies={MISSING: 3}))
        ingest_all(store, tmp_path, containers())
        found = missing_and_explained(store)
    assert found.pop("imported") == (3, 0)
    assert all(missing == known > 0 for missing, known in found.values())


def test_a_host_whose_serials_started_again_is_compared_with_none(tmp_path: Path) -> None:
    logs = containers()
    again = Script(node="box2", serial=0)
    again.ms = 1_700_000_000_000 + 3_600_000
    again.message("SYSTEM_BOOT", "pid=1 uid=0 auid=4294967295 ses=4294967295 msg='res=success'")
    again.process(100).opens("/again", fd=3)
    with closing(SQLiteStore(tmp_path / "graph.db")) as store:
        ingest_all(store, tmp_path, {"box1": logs["box1"], "box2": logs["box2"] + again.text()})
        found = missing_and_explained(store)
    assert all(missing > 0 and known == 0 for missing, known in found.values()), found
