"""docs/alerts.md: its example files are valid, its commands run on them, and its tables are complete."""

from __future__ import annotations

import lzma
import re
from pathlib import Path

import pytest

from provenance.alerts.form import PATHS
from provenance.alerts.formats import FORMATS
from tests.conftest import ROOT
from tests.docs.test_commands import typed

TEXT = (ROOT / "docs" / "alerts.md").read_text("utf-8")
LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
FILES = re.findall(r"File `([\w.]+)`:\n\n```\w+\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
EVE = ROOT / "tests" / "provenance" / "alerts" / "samples" / "suricata" / "eve.json"


def column(heading: str, number: int) -> list[str]:
    """What stands between backquotes in a column of the table under a heading."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row[number])]


@pytest.fixture(scope="module")
def printed_by(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command printed, on both outputs."""
    folder: Path = tmp_path_factory.mktemp("alerts")
    (folder / "logs").mkdir()
    (folder / "logs" / "audit.log").write_bytes(lzma.decompress(LOG.read_bytes()))
    for name, content in FILES:
        (folder / name).write_text(content, "utf-8")
    (folder / "eve.json").write_bytes(EVE.read_bytes().splitlines()[0])
    printed: dict[str, str] = {}
    for command in COMMANDS:
        done = typed(command.replace("/var/log/audit", str(folder / "logs")), folder)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        printed[command] = done.stdout + done.stderr
    return printed


def test_the_commands_show_what_the_text_promises(printed_by: dict[str, str]) -> None:
    assert len(printed_by) == len(COMMANDS) > 5
    assert "1 alert (1 new, 0 already in the store), 0 rejected" in printed_by["provenance alert shell.json --anchor"]
    assert re.search(r"matches p[0-9a-f]{16}", printed_by["provenance alert shell.json --anchor"])
    assert "App" in printed_by["provenance backtrack --alert 1001"]
    mapped = printed_by["provenance alert --mapping acme.toml acme.json --dry-run"]
    assert "critical" in mapped and "i-0a1b2c" in mapped and "pid 7184" in mapped
    anchored = printed_by["provenance alert --mapping acme.toml --aliases hosts.toml acme.json --anchor"]
    assert "host web01" in anchored and re.search(r"matches p[0-9a-f]{16}", anchored)


def test_every_format_is_in_the_table() -> None:
    assert column("Formats", 1) == list(FORMATS)


def test_every_field_is_in_the_table() -> None:
    assert sorted(column("Our own format", 1)) == sorted(PATHS)
