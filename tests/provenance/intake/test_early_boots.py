"""A boot whose clock begins before the whole stored log, in an ingest of its own or in a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.script import O_WRONLY, Script
from tests.ingest.test_clock_set_back import HOUR_MS, boots
from tests.ingest.test_restarts import at, lines_of
from tests.provenance.intake.logs import digest_of, ingest_into, tallies_of, write_log

FIRST = 40
"""The events of the boot whose clock was right."""


def machine(evidence: str, behind: int, leap: int | None, serial: int = 5_000) -> Script:
    """A machine that writes files, and boots with its clock `behind` the beginning of the log. After 20 events the clock is set:
    it leaps this far beyond the end of the log."""
    script = Script(serial=serial)
    for number in range(FIRST):
        at(script, 2 * HOUR_MS + number * 10)
        script.process(100).opens(f"/before{number}", O_WRONLY, fd=5)
    boots(script, evidence, 2 * HOUR_MS - behind)
    for number in range(20):
        script.process(100).opens(f"/before{number}", fd=5)
    if leap is not None:
        at(script, 2 * HOUR_MS + FIRST * 10 + leap)
    for number in range(20):
        script.process(100).opens(f"/after{number}", O_WRONLY, fd=5)
    return script


def parts(script: Script) -> tuple[bytes, bytes]:
    return lines_of(script, range(FIRST)), lines_of(script, range(FIRST, len(script.events)))


@pytest.mark.parametrize("evidence", ["DAEMON_START", "SYSTEM_BOOT", "KERNEL"])
@pytest.mark.parametrize("behind", [1_000, HOUR_MS, 400_000 * HOUR_MS])
@pytest.mark.parametrize("serial", [0, 5_000])
def test_a_clock_that_leaps_over_the_stored_log_proves_the_boot(
    evidence: str, behind: int, serial: int, tmp_path: Path
) -> None:
    script = machine(evidence, behind, 60_000, serial)
    for place, part in enumerate(parts(script)):
        path = write_log(tmp_path / f"{place}.log", part)
        for _ in range(2):
            result = ingest_into(tmp_path / "s.db", [path], host="web01")
            assert (result.problems, result.older) == ([], 0)
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole", lines_of(script))], host="web01")
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")
    stored, expected = (tallies_of(tmp_path / name)["web01"]["events"] for name in ("s.db", "expected.db"))
    assert stored == expected == len(script.events)


@pytest.mark.parametrize("behind", [HOUR_MS, 20 * HOUR_MS])
@pytest.mark.parametrize("jobs", [1, 2])
def test_two_boots_with_the_same_serials_in_one_ingest(behind: int, jobs: int, tmp_path: Path) -> None:
    """The times of the later boot go from before the former one to after it, and so do its serials."""
    script = machine("SYSTEM_BOOT", behind, 60_000, serial=10)
    former, later = parts(script)
    paths = [write_log(tmp_path / "boot-1", former), write_log(tmp_path / "boot0", later)]
    for number, given in enumerate((paths, paths[::-1])):
        store = tmp_path / f"{number}.db"
        assert ingest_into(store, given, host="web01", jobs=jobs).problems == []
        ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole", former + later)], host="web01")
        assert digest_of(store) == digest_of(tmp_path / "expected.db")


@pytest.mark.parametrize("leap", [None, -3 * HOUR_MS])
def test_without_a_proof_the_events_are_reported_with_what_to_do(leap: int | None, tmp_path: Path) -> None:
    former, later = parts(machine("SYSTEM_BOOT", 20 * HOUR_MS, leap))
    ingest_into(tmp_path / "s.db", [write_log(tmp_path / "one.log", former)], host="web01")
    before = digest_of(tmp_path / "s.db")
    result = ingest_into(tmp_path / "s.db", [write_log(tmp_path / "two.log", later)], host="web01")
    [problem] = result.problems
    assert result.older == 41 and "41 events of web01 older" in problem and "if the clock was behind then" in problem
    assert digest_of(tmp_path / "s.db") == before
    paths = [write_log(tmp_path / "audit.log.1", former), write_log(tmp_path / "audit.log", later)]
    assert ingest_into(tmp_path / "new.db", paths[::-1], host="web01").problems == []
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole", former + later)], host="web01")
    assert digest_of(tmp_path / "new.db") == digest_of(tmp_path / "expected.db")


@pytest.mark.parametrize("missing", [0, 20, 64, 1_000])
def test_an_older_log_that_lacks_what_is_stored_is_no_later_boot(missing: int, tmp_path: Path) -> None:
    """The stored log is a part of it."""
    script = Script(serial=0)
    boots(script, "SYSTEM_BOOT", 0)
    for number in range(20):
        script.process(100).opens(f"/one{number}", fd=5)
    script.serial += missing
    at(script, 2 * HOUR_MS)
    seam = len(script.events)
    for number in range(20):
        script.process(100).opens(f"/two{number}", fd=5)
    stored = lines_of(script, range(seam, seam + 10))
    whole = lines_of(script, [*range(seam), *range(seam + 10, len(script.events))])
    ingest_into(tmp_path / "s.db", [write_log(tmp_path / "one.log", stored)], host="web01")
    result = ingest_into(tmp_path / "s.db", [write_log(tmp_path / "two.log", whole)], host="web01")
    assert result.older == seam and len(result.problems) == 1
    assert tallies_of(tmp_path / "s.db")["web01"]["events"] == 20
