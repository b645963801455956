"""The page on hashes: its commands find the files that it names."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.conftest import ROOT
from tests.docs.test_commands import typed

_LOG = ROOT / "tests" / "provenance" / "cli" / "ima01.log"
_PAGE = (ROOT / "docs" / "hashes.md").read_text("utf-8")


def test_the_commands_run_on_a_log_with_hashes(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    shutil.copy(_LOG, logs / "audit.log")
    (block,) = re.findall(r"```console\n(.*?)```", _PAGE, re.DOTALL)
    commands = [line[2:].replace("/var/log/audit", str(logs)) for line in block.splitlines()]
    done = [typed(command, tmp_path) for command in commands]
    assert [one.returncode for one in done] == [0, 0, 0], done[-1].stderr
    assert "/tmp/.x" in done[1].stdout and "/usr/local/bin/kworkerd" in done[1].stdout
    assert "kworkerd" in done[2].stdout


def test_the_record_that_is_shown_is_one_of_the_log() -> None:
    (example,) = re.findall(r"^type=INTEGRITY_RULE .*$", _PAGE, re.MULTILINE)
    begin, _, rest = example.partition("...")
    middle, _, end = rest.partition("...")
    middle = middle.removeprefix('"')
    lines = [line.partition(" ")[2] for line in _LOG.read_text("utf-8").splitlines()]
    assert any(line.startswith(begin) and middle in line and line.endswith(end) for line in lines)
