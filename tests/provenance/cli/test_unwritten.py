"""`backtrack` of a file that no record shows written: it says so, and proposes a command that works."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from provenance.cli import main
from provenance.ingest.identity import EntityKind
from provenance.render.unwritten import unwritten_command, unwritten_text
from provenance.store.interface import Node
from provenance.text.times import Zone
from provenance.trace.limits.unwritten import Unwritten
from tests.ingest.script import O_WRONLY, Script
from tests.provenance.cli.conftest import Command


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two programs of a client read a secret; a third one writes a file later."""
    script = Script()
    server = script.process(100, comm="server")
    server.accepts(3, 4, "198.51.100.1", 40000)
    for number, name in enumerate(("first", "second")):
        child = server.forks(101 + number)
        child.dups(4, 0)
        child.execs(f"/bin/{name}", name)
        child.opens("/srv/secret", fd=5)
    server.opens("/srv/late", O_WRONLY, fd=6)
    folder = tmp_path_factory.mktemp("unwritten")
    log = folder / "audit.log"
    log.write_bytes(b"".join(event.raw + b"\n" for event in script.parsed()))
    assert main(["ingest", "--store", str(folder / "case.db"), str(log)]) == 0
    return folder / "case.db"


def proposed(out: str) -> list[str]:
    (line,) = [line for line in out.splitlines() if line.startswith("Next")]
    program, *words = shlex.split(line.removeprefix("Next"))
    assert program == "provenance"
    return words


def test_a_file_that_was_only_read_names_its_readers_and_the_way_on(command: Command, case: Path) -> None:
    result = command("backtrack", "--store", case, "--wide", "--file", "/srv/secret")
    assert result.code == 0
    assert "no record shows who wrote it; 2 programs read it, among them second (pid 102, uid 0) at" in result.out
    after = command(*proposed(result.out))
    assert after.code == 0 and "Way in     198.51.100.1:40000" in after.out and "second" in after.out


def test_the_read_nearest_to_the_time_is_proposed(command: Command, case: Path) -> None:
    found = json.loads(command("find", "--store", case, "--command", "^first$", "--format", "json").out)["entities"]
    result = command("backtrack", "--store", case, "--file", "/srv/secret", "--at", found[0]["start"])
    assert proposed(result.out)[proposed(result.out).index("--id") + 1] == found[0]["id"]


def test_other_formats_say_it_on_standard_error(command: Command, case: Path) -> None:
    result = command("backtrack", "--store", case, "--file", "/srv/secret", "--format", "json")
    assert "/srv/secret: no record shows who wrote it; 2 programs read it" in result.err
    assert json.loads(result.out)["edges"] == []


def test_a_time_before_the_first_change_says_when_that_was(command: Command, case: Path) -> None:
    result = command("backtrack", "--store", case, "--wide", "--file", "/srv/late", "--at", "2020-01-01T00:00:00Z")
    assert "no record shows who wrote it before that time (the first change is at 2023-11-14" in result.out
    after = command(*proposed(result.out))
    assert "writes /srv/late" in after.out and "no record shows who wrote" not in after.out


def test_a_file_that_was_written_has_no_such_line(command: Command, case: Path) -> None:
    assert "no record shows who wrote" not in command("backtrack", "--store", case, "--file", "/srv/late").out


def test_a_file_that_nothing_touched_has_no_command() -> None:
    file = Unwritten(Node(1, EntityKind.FILE, "web01", 0, {"path": "/etc/x"}, ()), None, None, 0, False, None)
    assert unwritten_text(file, Zone()) == "no record shows who wrote it, or that a program read it"
    assert unwritten_command(file, "case.db") is None
