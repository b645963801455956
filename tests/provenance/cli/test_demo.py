"""The demonstration: what a responder reads on one screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance.cli.conftest import Command, Result


@pytest.fixture
def result(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(tmp_path)
    return command("demo")


def test_it_fits_a_screen(result: Result) -> None:
    lines = result.out.splitlines()
    assert result.code == 0
    assert len(lines) <= 48
    assert all(len(line) <= 100 for line in lines[:-1])


def test_it_prints_the_way_in_the_programs_the_files_and_the_peers(result: Result) -> None:
    def place(text: str) -> int:
        return next(number for number, line in enumerate(result.out.splitlines()) if text in line)

    order = ("Way in", "ping", "dnslog", "-o /tmp/shell.sh", "2.0.tar.gz", "setup.sh", "/bin/sh /tmp/3333", "whoami")
    places = [place(text) for text in order]
    assert places == sorted(places)
    assert "198.51.100.23" in result.out.splitlines()[place("Way in")]
    for peer in ("198.51.100.45:4444", "203.0.113.141:80", "203.0.113.61:443"):
        assert peer in result.out
    assert "bash -i → contacts 198.51.100.45:4444" in result.out
    assert "/etc/rc.local" in result.out
    arrivals = [line for line in result.out.splitlines() if " enters through " in line]
    assert "03:28:47.423" in arrivals[0]
    assert place(" enters through ") < place("ping")


def test_the_proposed_command_runs_and_a_second_run_prints_the_same(result: Result, command: Command) -> None:
    following = result.out.splitlines()[-1].removeprefix("Next").split()
    assert following[0] == "provenance"
    shown = command(*following[1:])
    assert shown.code == 0
    assert "type=" in shown.out
    again = command("demo")
    assert again.code == 0
    assert again.out.split("Store", 1)[1] == result.out.split("Store", 1)[1]
