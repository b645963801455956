"""`provenance hunt`: the list, the rows in each format, parameters and limits, and the page that lists the hunts."""

from __future__ import annotations

import csv
import json
import lzma
import re
from io import StringIO
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.render.hunt import found_lines, write_csv
from provenance.render.lines import plain
from provenance.store.hunts import HuntResult, hunt, hunts
from provenance.text.times import Zone
from tests.conftest import ROOT
from tests.provenance.cli.conftest import BUNDLED, Command


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the bundled incident."""
    folder = tmp_path_factory.mktemp("hunt")
    (folder / "audit.log").write_bytes(lzma.decompress(BUNDLED.read_bytes()))
    assert main(["ingest", "--store", str(folder / "case.db"), str(folder / "audit.log")]) == 0
    return folder / "case.db"


@pytest.mark.parametrize("words", [("hunt",), ("hunt", "list")])
def test_the_list_names_every_hunt_with_its_parameters(words: tuple[str, ...], command: Command) -> None:
    done = command(*words)
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[::2]] == list(hunts())
    assert "SQLite, Neo4j; --set port=22, addresses=2" in done.out


def test_the_list_as_json(command: Command) -> None:
    listed = json.loads(command("hunt", "list", "--format", "json").out)["hunts"]
    (parents,) = (one for one in listed if one["name"] == "rare_parents")
    assert parents["parameters"] == [{"name": "times", "default": 2, "least": 1, "most": 1_000_000}]
    assert {"name": "first", "type": "time"} in parents["columns"]


def test_the_rows_as_text_json_and_csv(command: Command, incident: Path) -> None:
    text = command("hunt", "shells_on_sockets", "--store", incident)
    assert text.code == 0
    first = text.out.splitlines()[1].split()
    assert first[0] == "web01" and "198.51.100.45" in first
    found = json.loads(command("hunt", "shells_on_sockets", "--store", incident, "--format", "json").out)
    assert found["rows"][0] == {
        "host": "web01",
        "time": "2026-11-24T03:28:58.271Z",
        "pid": 7184,
        "command": "bash -i",
        "ip": "198.51.100.45",
        "port": 4444,
    }
    printed = command("hunt", "shells_on_sockets", "--store", incident, "--format", "csv").out
    rows = list(csv.DictReader(StringIO(printed)))
    assert [row["pid"] for row in rows] == [str(row["pid"]) for row in found["rows"]]


def test_parameters_and_the_limit(command: Command, incident: Path) -> None:
    def count(*words: str) -> int:
        return len(json.loads(command("hunt", *words, "--store", incident, "--format", "json").out)["rows"])

    assert count("rare_parents", "--set", "times=1000") > count("rare_parents")
    limited = command("hunt", "rare_parents", "--store", incident, "--limit", "3")
    assert len(limited.out.splitlines()) == 4 and "more rows than the 3" in limited.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("shell_on_sockets",), 2, "did you mean shells_on_sockets"),
        (("rare_parents", "--set", "time=1"), 2, "the parameters are: times"),
        (("rare_parents", "--set", "times=0"), 2, "above zero"),
        (("rare_parents", "--set", "times=1000001"), 2, "expected 1 to 1000000"),
        (("rare_parents", "--set", "times"), 2, "expected NAME=NUMBER"),
        (("rare_parents", "--time-limit", "3601"), 2, "the longest is 3600"),
        (("changed_cron",), 1, "finds nothing"),
        (("list", "--format", "csv"), 2, "text and json"),
    ],
)
def test_errors(words: tuple[str, ...], code: int, message: str, command: Command, incident: Path) -> None:
    done = command("hunt", *words, "--store", incident)
    assert done.code == code and message in done.err and "Traceback" not in done.err
    assert len(done.err.splitlines()) == 1


def test_text_of_an_attacker_is_escaped() -> None:
    one = hunt("first_seen_programs")
    found = HuntResult(one, (("\x1b[2J", "=cmd()", 1_700_000_000_000, 1),), False)
    lines = [plain(line) for line in found_lines(found, Zone())]
    assert "\x1b" not in "".join(lines) and "\\x1b[2J" in lines[1]
    out = StringIO()
    write_csv(found, out)
    assert "\x1b" not in out.getvalue() and "'=cmd()" in out.getvalue()


@pytest.mark.parametrize(
    ("name", "row", "shown", "written"),
    [
        (
            "traced_others",
            ("web01", None, 7, "gdb", "ptrace", None, True),
            ["web01", "-", "7", "gdb", "ptrace", "-", "yes"],
            ["web01", "", "7", "gdb", "ptrace", "", "true"],
        ),
        (
            "traced_others",
            ("web01", 1_700_000_000_000, 7, "gdb", "ptrace", "sshd", False),
            ["web01", "2023-11-14 22:13:20.000 UTC", "7", "gdb", "ptrace", "sshd", "no"],
            ["web01", "2023-11-14T22:13:20.000Z", "7", "gdb", "ptrace", "sshd", "false"],
        ),
        (
            "ssh_fan_out",
            ("web01", "/usr/bin/ssh", ("192.0.2.7", "\x1b[2J"), None),
            ["web01", "/usr/bin/ssh", "192.0.2.7, \\x1b[2J", "-"],
            ["web01", "/usr/bin/ssh", r'["192.0.2.7", "\u001b[2J"]', ""],
        ),
    ],
)
def test_flags_lists_and_missing_values(
    name: str, row: tuple[object, ...], shown: list[str], written: list[str]
) -> None:
    found = HuntResult(hunt(name), (row,), False)
    _, line = (plain(line) for line in found_lines(found, Zone()))
    assert re.split(" {2,}", line) == shown
    out = StringIO()
    write_csv(found, out)
    assert list(csv.reader(StringIO(out.getvalue())))[1] == written


def test_the_page_lists_every_hunt() -> None:
    page = (ROOT / "docs" / "hunts.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    expected = [
        [
            f"`{one.name}`",
            one.title,
            ", ".join(f"`{name}={value}`" for name, value in one.parameters.items()) or "–",
            ", ".join(column.name for column in one.columns),
        ]
        for one in hunts().values()
    ]
    assert rows == expected
