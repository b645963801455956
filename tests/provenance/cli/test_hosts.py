"""`provenance hosts`: addresses and clocks are shown with their origin; those that a user sets are stored and used for the
join."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copyfile

import pytest

from provenance.cli.hosts_file import parse_clock, parse_hosts
from provenance.cli.times import Time
from provenance.errors import InputError, UsageError
from provenance.store.hosts import GivenAddress, GivenHost
from provenance.text.times import Zone
from tests.provenance.cli.conftest import Command

NEWEST = 1_795_490_938_271
"""The newest record of the store that hosts files are read for here: 2026-11-24 03:28:58.271 UTC."""


def moment(time: Time) -> int:
    return time(Zone(), lambda: NEWEST)


@pytest.fixture
def own(store: Path, tmp_path: Path) -> Path:
    """A store that the test may change."""
    return Path(copyfile(store, tmp_path / "own.db"))


def test_a_host_without_other_hosts_is_listed(command: Command, store: Path) -> None:
    done = command("hosts", "list", "--store", store)
    assert done.code == 0
    first, *others = done.out.splitlines()
    assert first.startswith("web01  2026-11-24") and others[-1] == "  clock    +0.000 s  not compared"


def test_settings_are_listed_as_given_and_can_be_removed(command: Command, own: Path) -> None:
    before = command("hosts", "list", "--store", own, "--format", "json").out
    done = command("hosts", "set", "--store", own, "web01", "--address", "10.9.0.1,FD00::1", "--clock", "-250ms")
    assert done.code == 0 and done.err == ""
    range_ = ("--since", "2026-11-24T08:00:00Z", "--until", "2026-11-24T09:00:00Z")
    assert command("hosts", "set", "--store", own, "web01", "--address", "10.9.0.7", *range_).code == 0
    (host,) = json.loads(command("hosts", "list", "--store", own, "--format", "json").out)["hosts"]
    assert host["clock"]["ms"] == -250 and host["clock"]["origin"] == "given"
    given = {one["address"]: one["since"] for one in host["addresses"] if one["origin"] == "given"}
    assert given == {"10.9.0.7": "2026-11-24T08:00:00.000Z"}, "with a range and without one are not given together"
    assert command("hosts", "unset", "--store", own, "web01").code == 0
    assert command("hosts", "list", "--store", own, "--format", "json").out == before
    assert command("hosts", "unset", "--store", own, "web01").code == 1


def test_a_host_without_a_log_is_reported_with_the_nearest_name(command: Command, own: Path) -> None:
    done = command("hosts", "set", "--store", own, "web02", "--address", "10.9.0.2")
    assert done.code == 0 and "no log of host 'web02'; did you mean web01?" in done.err
    assert "web02  no log" in command("hosts", "list", "--store", own).out


def test_a_file_gives_all_of_its_hosts_or_nothing(command: Command, own: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.txt"
    fleet.write_text("# fleet\nweb01 10.9.0.1 +93.25\n\ndb01 10.9.0.2,10.9.0.300\n")
    done = command("hosts", "load", "--store", own, fleet)
    assert done.code == 2 and "line 4: invalid address '10.9.0.300'" in done.err
    assert "10.9.0.1" not in command("hosts", "list", "--store", own).out
    fleet.write_text(fleet.read_text().replace(".300", ".3"))
    assert command("hosts", "load", "--store", own, fleet).code == 0
    shown = command("hosts", "list", "--store", own).out
    assert "10.9.0.1  given" in shown and "+93.250 s  given" in shown and "10.9.0.3  given" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("set", "web01"), "nothing to set"),
        (("set", "web01", "--clock", "soon"), "invalid clock 'soon'"),
        (("set", "web01", "--clock", "1.2345s"), "invalid clock"),
        (("set", "web01", "--clock", "999999999h"), "invalid clock"),
        (("set", "web01", "--address", "127.0.0.1"), "it is a loopback address"),
        (("set", "web01", "--address", "\x1b[31m"), "invalid address"),
        (("set", "web01", "--clock", "+1", "--since", "2026-11-24T08:00:00Z"), "give --address"),
        (
            ("set", "web01", "--address", "10.0.0.1", "--since", "1795490938", "--until", "1795490937"),
            "it ends before it begins",
        ),
        (("load", "/nowhere"), "/nowhere: no such file"),
        (("load", "/dev/null"), "the file names no host"),
    ],
)
def test_invalid_settings_change_nothing(command: Command, own: Path, words: tuple[str, ...], message: str) -> None:
    before = own.read_bytes()
    done = command("hosts", words[0], "--store", own, *words[1:])
    assert done.code == 2 and message in done.err and "\x1b" not in done.err
    assert own.read_bytes() == before


def test_lines_of_one_host_count_together() -> None:
    lines = ["a 10.0.0.1 - since=1000", "a 10.0.0.2,10.0.0.1 -2m until=5", "b - 1h # a clock alone"]
    assert parse_hosts(lines, "f", moment) == {
        "a": GivenHost(
            (
                GivenAddress("10.0.0.1", 1_000_000),
                GivenAddress("10.0.0.2", None, 5000),
                GivenAddress("10.0.0.1", None, 5000),
            ),
            -120_000,
        ),
        "b": GivenHost((), 3_600_000),
    }


@pytest.mark.parametrize(
    ("typed", "seconds_before"),
    [
        ("2h ago", 7200),
        ("1h 30m ago", 5400),
        ("now", 0),
        ("2026-11-24 02:28:58.271 UTC", 3600),
        ("2026-11-24T04:28:58.271+02:00", 3600),
        ("yesterday 03:28:58.271", 86400),
        ("03:28:57.271", 1),
    ],
)
def test_a_hosts_file_has_the_times_that_options_have(typed: str, seconds_before: int) -> None:
    lines = [f"a 10.0.0.1 since={typed} until=now", f"b 10.0.0.1 +1s until={typed}  # left"]
    time = NEWEST - 1000 * seconds_before
    assert parse_hosts(lines, "f", moment) == {
        "a": GivenHost((GivenAddress("10.0.0.1", time, NEWEST),)),
        "b": GivenHost((GivenAddress("10.0.0.1", None, time),), 1000),
    }


def test_a_hosts_file_has_the_times_of_the_zone(command: Command, own: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.txt"
    fleet.write_text("web01 10.9.0.1 since=2026-11-24 04:00 until=2026-11-24 05:00:00.000 CET\n")
    zone = ("--timezone", "Europe/Zurich")
    assert "10.9.0.1 from 2026-11-24 04:00:00.000 CET" in command("hosts", "load", "--store", own, *zone, fleet).out
    assert "10.9.0.1 from 2026-11-24 03:00:00.000 UTC" in command("hosts", "list", "--store", own).out


@pytest.mark.parametrize("typed", ["WEB01", "web", "W"])
def test_a_host_is_set_and_unset_in_short(typed: str, command: Command, own: Path) -> None:
    done = command("hosts", "set", "--store", own, typed, "--address", "10.9.0.1")
    assert (
        (done.code, done.err) == (0, "") and done.out.startswith("web01  2026-11-24") and "10.9.0.1  given" in done.out
    )
    assert command("hosts", "unset", "--store", own, typed).code == 0
    assert "10.9.0.1" not in command("hosts", "list", "--store", own).out


def test_an_ambiguous_host_name_is_an_error(command: Command, own: Path) -> None:
    assert command("hosts", "set", "--store", own, "web02", "--address", "10.9.0.2").code == 0
    done = command("hosts", "set", "--store", own, "web", "--address", "10.9.0.3")
    assert done.code == 2 and "ambiguous host 'web': it may be web01, web02" in done.err.replace(
        "web02, web01", "web01, web02"
    )
    assert command("hosts", "set", "--store", own, "WEB02", "--clock", "+1s").code == 0
    assert command("hosts", "unset", "--store", own, "web").code == 0, "of web01 nothing was given"


def test_a_hosts_file_has_complete_names_in_any_case(command: Command, own: Path, tmp_path: Path) -> None:
    fleet = tmp_path / "fleet.txt"
    fleet.write_text("WEB01 10.9.0.1\nweb 10.9.0.2\nweb01 - +1s\n")
    assert command("hosts", "load", "--store", own, fleet).code == 0
    hosts = json.loads(command("hosts", "list", "--store", own, "--format", "json").out)["hosts"]
    assert [(host["host"], host["clock"]["ms"]) for host in hosts] == [("web", 0), ("web01", 1000)]


@pytest.mark.parametrize(
    "line",
    [
        "a",
        "a 10.0.0.1 +1 +2",
        "a 10.0.0.1 from=1",
        "a 10.0.0.1 since=x",
        "a 10.0.0.1 since=yesterday noon",
        "a 10.0.0.1 since=1 until=2 since=3",
        "a 10.0.0.1 since=1 +2s",
        "a - 1 since=9 until=8",
        "a 10.0.0.1 +2",
        "a since=1 10.0.0.1",
    ],
)
def test_an_invalid_line_is_named(line: str) -> None:
    with pytest.raises(InputError, match=r"^f: line 2: "):
        parse_hosts(["a - +1", line], "f", moment)


@pytest.mark.parametrize(
    ("text", "ms"), [("+93.25s", 93_250), ("-0.001", -1), ("5", 5_000), ("7ms", 7), ("-1h", -3_600_000)]
)
def test_clocks(text: str, ms: int) -> None:
    assert parse_clock(text) == ms


@pytest.mark.parametrize("text", ["", "+", "1.5ms", "١s", "1e3", "--1", "1 s"])
def test_an_invalid_clock(text: str) -> None:
    with pytest.raises(UsageError):
        parse_clock(text)
