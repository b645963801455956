"""Files of one log under any names, in any order: the store is the same, or the ingest says what it did not store."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import pytest

from tests.ingest.script import Script
from tests.ingest.test_clock_set_back import DAEMON, HOUR_MS, back, boots
from tests.ingest.test_restarts import at, lines_of
from tests.provenance.intake.logs import digest_of, ingest_into, recorded, tallies_of, write_log
from tests.provenance.recordings.recordings import run

LINES = 9_000
TOGETHER = "Ingest all logs of the host into a new store, in one call"


def serial_of(line: bytes) -> int:
    found = re.search(rb":(\d+)\)", line)
    assert found is not None
    return int(found[1])


def extracts(lines: list[bytes], count: int) -> list[list[bytes]]:
    """The lines divided by their event, as `ausearch` with different conditions divides a log."""
    return [[line for line in lines if serial_of(line) * 7919 % count == number] for number in range(count)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("expected")
    ingest_into(folder / "s.db", [write_log(folder / "audit.log", recorded(LINES))])
    return digest_of(folder / "s.db")


@pytest.mark.parametrize(
    "names",
    [
        ("b.log", "a.log"),
        ("audit-20261130", "audit-20261129"),
        ("audit.log.1", "audit.log.2"),
        ("audit_tuesday.log", "audit_monday.log.gz"),
        ("web01.20261130.gz", "web01.20261129.gz"),
    ],
)
@pytest.mark.parametrize("way", ["files", "newest first", "glob", "folder"])
def test_files_in_any_order_are_read_oldest_first(
    names: tuple[str, str], way: str, tmp_path: Path, expected: str
) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    folder = tmp_path / "logs"
    folder.mkdir()
    newer, older = (folder / name for name in names)
    for path, part in ((older, lines[: LINES // 2]), (newer, lines[LINES // 2 :])):
        content = b"".join(part)
        write_log(path, gzip.compress(content) if path.suffix == ".gz" else content)
    given = {"files": [older, newer], "newest first": [newer, older], "glob": [folder / "*"], "folder": [folder]}[way]
    result = ingest_into(tmp_path / "s.db", given)
    assert (result.problems, result.older, result.known) == ([], 0, 0)
    assert digest_of(tmp_path / "s.db") == expected


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("lines", ["keep", "reference"])
def test_extracts_of_one_log_are_put_in_order_together(tmp_path: Path, expected: str, jobs: int, lines: str) -> None:
    log = recorded(LINES).splitlines(keepends=True)
    paths = [write_log(tmp_path / f"part{place}", b"".join(part)) for place, part in enumerate(extracts(log, 3))]
    store = tmp_path / "s.db"
    code, output = run("ingest", "--store", store, "--lines", lines, "--jobs", str(jobs), *paths)
    assert (code, "known" in output) == (0, False)
    assert digest_of(store) == expected
    for serial in {serial_of(line) for line in log[100:200]}:
        code, output = run("show", "--store", store, f"web01:{serial}")
        if code == 0:
            assert output.count("type=SYSCALL") <= 1


@pytest.mark.parametrize("seed", range(12))
def test_any_division_of_a_log_gives_the_same_store(seed: int, tmp_path: Path, expected: str) -> None:
    """Cuts, extracts, copies and overlaps, in any order and under any names."""
    pick = random.Random(seed)
    parts = [recorded(LINES).splitlines(keepends=True)]
    for _ in range(pick.randint(1, 4)):
        part = parts.pop(pick.randrange(len(parts)))
        kind = pick.choice(("cut", "extracts", "copy", "overlap"))
        if kind == "extracts":
            parts += extracts(part, pick.randint(2, 3))
        elif kind == "copy":
            parts += [part, part]
        else:
            middle, over = pick.randint(1, max(len(part) - 1, 1)), 400 if kind == "overlap" else 0
            parts += [part[: middle + over], part[middle:]]
    pick.shuffle(parts)
    paths = [write_log(tmp_path / f"{place}", b"".join(part)) for place, part in enumerate(parts) if part]
    result = ingest_into(tmp_path / "s.db", paths)
    assert (result.problems, result.older) == ([], 0)
    assert digest_of(tmp_path / "s.db") == expected


def test_a_file_that_is_ingested_too_late_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    third = LINES // 3
    first, second, last = (
        write_log(tmp_path / f"{place}.log", b"".join(lines[place * third : (place + 1) * third])) for place in range(3)
    )
    store = tmp_path / "s.db"
    assert run("ingest", "--store", store, second)[0] == 0
    assert run("ingest", "--store", store, first)[0] == 2
    error = capsys.readouterr().err
    assert "older than those that the store already holds" in error and TOGETHER in error
    other = tmp_path / "other.db"
    assert run("ingest", "--store", other, first)[0] == run("ingest", "--store", other, last)[0] == 0
    assert run("ingest", "--store", other, second)[0] == 2
    error = capsys.readouterr().err
    assert "of web01 from between those that the store already holds" in error and TOGETHER in error


def test_what_lies_between_is_not_looked_for_where_the_lines_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which events a store has is known from their lines alone."""
    recording = recorded(LINES).splitlines(keepends=True)
    third = LINES // 3
    first, second, last = (
        write_log(tmp_path / f"{place}.log", b"".join(recording[place * third : (place + 1) * third]))
        for place in range(3)
    )
    store = tmp_path / "s.db"
    for path in (first, last):
        assert run("ingest", "--store", store, "--lines", "reference", path)[0] == 0
        path.unlink()
    assert run("ingest", "--store", store, second)[0] == 0
    assert "not ingested" not in capsys.readouterr().err


def test_a_file_that_was_ingested_without_its_lines_is_known(tmp_path: Path) -> None:
    log, store = write_log(tmp_path / "a.log", recorded(LINES)), tmp_path / "s.db"
    assert run("ingest", "--store", store, "--lines", "none", log)[0] == 0
    before = digest_of(store)
    assert run("ingest", "--store", store, log)[0] == 0
    assert digest_of(store) == before


def test_extracts_that_are_ingested_one_after_another_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = (
        write_log(tmp_path / f"{place}.log", b"".join(part))
        for place, part in enumerate(extracts(recorded(LINES).splitlines(keepends=True), 2))
    )
    assert run("ingest", "--store", tmp_path / "s.db", one)[0] == 0
    assert run("ingest", "--store", tmp_path / "s.db", other)[0] == 2
    assert "from between those that the store already holds" in capsys.readouterr().err


def test_the_same_files_again_are_no_error(tmp_path: Path) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    store, log = tmp_path / "s.db", tmp_path / "audit.log"
    for grown in (3_001, 6_002, LINES, LINES):
        write_log(log, b"".join(lines[:grown]))
        assert run("ingest", "--store", store, log)[0] == 0
    assert run("prune", "--store", store, "--before", "2026-11-24T07:29:00Z")[0] == 0
    assert run("ingest", "--store", store, log)[0] == 0, "what was dropped is not lacking"


def test_files_of_two_hosts_are_put_in_order_for_each(tmp_path: Path) -> None:
    lines = recorded(LINES).splitlines(keepends=True)
    paths, expected = [], []
    for host in (b"a", b"b"):
        own = [line.replace(b"node=web01 ", b"node=" + host + b" ") for line in lines]
        middle = LINES // 2 if host == b"a" else LINES // 3
        expected.append(write_log(tmp_path / f"all{host.decode()}", b"".join(own)))
        for place, part in enumerate((own[middle:], own[:middle])):
            paths.append(write_log(tmp_path / f"{host.decode()}{place}", b"".join(part)))
    ingest_into(tmp_path / "s.db", [paths[place] for place in (0, 2, 1, 3)])
    ingest_into(tmp_path / "expected.db", expected)
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")


def shifted(line: bytes, ms: int) -> bytes:
    """A line of a host whose clock is this far ahead."""

    def later(found: re.Match[bytes]) -> bytes:
        return b"audit(%d.%03d:" % divmod(int(found[1] + found[2]) + ms, 1000)

    return re.sub(rb"audit\((\d+)\.(\d{3}):", later, line)


@pytest.mark.parametrize("ahead", [0, 300_000])
def test_extracts_of_the_log_of_two_hosts_whose_clocks_differ(ahead: int, tmp_path: Path) -> None:
    """A collector's log, in which the lines of two hosts alternate: each file has records of both."""
    lines = recorded(LINES).splitlines(keepends=True)
    one = [shifted(line.replace(b"web01", b"a"), ahead) for line in lines]
    other = [line.replace(b"web01", b"b") for line in lines]
    mixed = [line for pair in zip(one, other, strict=True) for line in pair]
    paths = [write_log(tmp_path / f"{place}", b"".join(part)) for place, part in enumerate(extracts(mixed, 2))]
    result = ingest_into(tmp_path / "s.db", paths)
    assert (result.problems, result.late) == ([], 0)
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole", b"".join(mixed))])
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")


@pytest.mark.parametrize("way", [1, -1])
def test_two_machines_under_one_name_are_reported(way: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither log names its host, and both are of the same minutes."""

    def other(line: bytes) -> bytes:
        return re.sub(rb":(\d+)\)", lambda found: b":%d)" % (int(found[1]) + 1_000_000), line)

    lines = [line.replace(b"node=web01 ", b"") for line in recorded(LINES).splitlines(keepends=True)]
    one = write_log(tmp_path / "a.log", b"".join(lines))
    two = write_log(tmp_path / "b.log", b"".join(other(shifted(line, 400)) for line in lines))
    run("ingest", "--store", tmp_path / "s.db", "--host", "x", *(one, two)[::way])
    assert "with serials that have nothing in common" in capsys.readouterr().err
    run("ingest", "--store", tmp_path / "one.db", one)
    assert "nothing in common" not in capsys.readouterr().err


def two_boots() -> Script:
    """The clock of the second boot is an hour behind, so its records have earlier times than all of the first."""
    return back(behind=HOUR_MS)


@pytest.mark.parametrize("names", [("audit.log.1", "audit.log"), ("one.log", "two.log")])
def test_names_of_a_rotation_hold_when_the_clock_was_set_back(names: tuple[str, str], tmp_path: Path) -> None:
    script = two_boots()
    seam = 55 if names[1] == "audit.log" else 20
    parts = lines_of(script, range(seam)), lines_of(script, range(seam, len(script.events)))
    paths = [write_log(tmp_path / name, part) for name, part in zip(names, parts, strict=True)]
    result = ingest_into(tmp_path / "s.db", paths[::-1], host="web01")
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole", lines_of(script))], host="web01")
    assert (result.older, result.known, result.problems) == (0, 0, [])
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")


def test_extracts_over_a_boot(tmp_path: Path) -> None:
    script = Script(serial=5_000)
    for number in range(300):
        at(script, number * 10)
        script.process(100).opens(f"/before{number}", fd=5)
    boots(script, "SYSTEM_BOOT", HOUR_MS)
    for number in range(300):
        script.process(100).opens(f"/after{number}", fd=5)
    whole = lines_of(script)
    lines = whole.splitlines(keepends=True)
    paths = [write_log(tmp_path / f"{place}", b"".join(part)) for place, part in enumerate(extracts(lines, 2))]
    result = ingest_into(tmp_path / "s.db", paths, host="web01")
    ingest_into(tmp_path / "expected.db", [write_log(tmp_path / "whole", whole)], host="web01")
    assert (result.older, result.known, result.problems) == (0, 0, [])
    assert digest_of(tmp_path / "s.db") == digest_of(tmp_path / "expected.db")
    assert tallies_of(tmp_path / "s.db") == tallies_of(tmp_path / "expected.db")


def test_what_is_odd_in_files_that_overlap_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A corrupt line, a file that is no log, one that is truncated, and one that is cut in its last line."""
    lines = recorded(LINES).splitlines(keepends=True)
    one, two = extracts(lines, 2)
    paths = [
        write_log(tmp_path / "one", b"".join((*one[:50], b"what is this\n", *one[50:]))),
        write_log(tmp_path / "two.gz", gzip.compress(b"".join(two))[:-2_000]),
        write_log(tmp_path / "three", b"".join(lines[:4_000])[:-30]),
        write_log(tmp_path / "four", b"no record\n" * 50),
        write_log(tmp_path / "one again", b"".join(one)),
    ]
    code, output = run("ingest", "--store", tmp_path / "s.db", "--host", "web01", *paths)
    error = capsys.readouterr().err
    assert code == 2
    assert f"{paths[1]}: " in error and "truncated" in error and "the part before it was ingested" in error
    assert f"{paths[3]}: it holds no audit record" in error
    assert f"{paths[2]}: the last line does not end in a newline" in error
    assert "1 corrupt line" in output


def test_the_same_log_as_two_shippers_wrote_it(tmp_path: Path, expected: str) -> None:
    """auditd's own file, and what syslog made of it."""
    log = recorded(LINES)
    relayed = log.replace(b"node=web01 ", b"Nov 24 12:00:00 web01 audispd: node=web01 ").replace(b"\x1d", b"#035")
    paths = [write_log(tmp_path / "audit.log", log), write_log(tmp_path / "messages", relayed)]
    assert ingest_into(tmp_path / "s.db", paths).problems == []
    assert digest_of(tmp_path / "s.db") == expected


def test_a_daemon_start_alone_is_read(tmp_path: Path) -> None:
    script = Script()
    script.message("DAEMON_START", DAEMON)
    daemon = script.text()
    paths = [write_log(tmp_path / "z.log", daemon), write_log(tmp_path / "a.log", recorded(LINES))]
    assert ingest_into(tmp_path / "s.db", paths).problems == []
