"""`provenance bulk-load`: from a store or from logs, and the command it prints."""

from __future__ import annotations

import filecmp
import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.provenance.cli.conftest import Command


def test_logs_and_the_store_made_of_them_give_the_same_files(
    command: Command, log: Path, store: Path, tmp_path: Path
) -> None:
    from_store = command("bulk-load", "--store", store, "--output", tmp_path / "store")
    from_log = command("bulk-load", "--output", tmp_path / "log", log)
    assert from_store.code == from_log.code == 0 and not from_store.err and not from_log.err
    names = sorted(path.name for path in (tmp_path / "store").iterdir())
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == names
    assert filecmp.cmpfiles(tmp_path / "store", tmp_path / "log", names, shallow=False)[0] == names


def test_it_prints_the_counts_and_the_command(command: Command, store: Path, tmp_path: Path) -> None:
    done = command("bulk-load", "--store", store, "--output", tmp_path / "it's", "--case", "c", "--lines", "none")
    first, _, last = done.out.splitlines()
    assert "entities" in first and last.startswith("cd ")
    assert " && neo4j-admin database import full neo4j --id-type=string " in last
    assert not (tmp_path / "it's" / "node-lineblock.csv").exists()
    assert (tmp_path / "it's" / "node-case.csv").read_text().startswith('"c",')


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--store", "{store}", "--output", "{new}", "{log}"), "either logs or a store"),
        (("--store", "{store}", "--output", "{old}"), "already exists"),
        (("--store", "{store}", "--output", "{new}", "--case", "a\nb"), "invalid case name"),
        (("--store", "{store}", "--output", "{new}", "--database", "System"), "invalid database name"),
        (("--store", "{store}", "--output", "{new}", "--database=--verbose"), "invalid database name"),
        (("--output", "{new}", "{old}/none.log"), "none.log"),
        (("--store", "{store}"), "--output"),
    ],
)
def test_invalid_arguments(
    command: Command, store: Path, log: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    (tmp_path / "old").mkdir()
    places = {"store": store, "log": log, "new": tmp_path / "new", "old": tmp_path / "old"}
    done = command("bulk-load", *(word.format(**places) for word in words))
    assert done.code == 2 and message in done.err and done.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def test_a_store_that_is_not_there(command: Command, tmp_path: Path) -> None:
    assert command("bulk-load", "--store", tmp_path / "none.db", "--output", tmp_path / "new").code == 2
    assert not list(tmp_path.iterdir())


def test_other_commands_do_not_load_the_driver() -> None:
    loaded = "import sys, provenance.cli; sys.exit('neo4j' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=False).returncode == 0


def test_the_notes_of_an_ingest_are_printed(command: Command, log: Path, tmp_path: Path) -> None:
    """Lines of no host, and an archive that breaks off: what came before is written, and the exit code is 2."""
    content = gzip.compress(log.read_bytes()[:400_000].replace(b"node=web01 ", b""))
    (tmp_path / "cut.log.gz").write_bytes(content[:-2000])
    done = command("bulk-load", "--output", tmp_path / "new", tmp_path / "cut.log.gz")
    assert done.code == 2 and "--host NAME" in done.err and "cut.log.gz" in done.err
    assert (tmp_path / "new" / "node-process.csv").read_text("utf-8").count("\n") > 10
