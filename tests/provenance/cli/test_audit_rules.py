"""`provenance audit-rules`: the rules of docs/audit.rules, on standard output or in a new file."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import ROOT
from tests.provenance.cli.conftest import Command

RULES = (ROOT / "docs" / "audit.rules").read_text("utf-8")


def test_the_rules_are_printed(command: Command) -> None:
    done = command("audit-rules")
    assert (done.code, done.out, done.err) == (0, RULES, "")


def test_the_rules_are_written_to_a_new_file_only(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "provenance.rules"
    assert command("audit-rules", "--output", path).code == 0
    assert path.read_text("utf-8") == RULES
    path.write_text("-D\n", "utf-8")
    done = command("audit-rules", "--output", path)
    assert done.code == 2 and "exists already" in done.err
    assert path.read_text("utf-8") == "-D\n"


def test_a_folder_that_is_missing_is_named(command: Command, tmp_path: Path) -> None:
    done = command("audit-rules", "--output", tmp_path / "none" / "provenance.rules")
    assert done.code == 2 and str(tmp_path / "none") in done.err
