"""`provenance copy`: its output and its exit codes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.provenance.cli.conftest import Command


def test_equal_stores_are_reported(command: Command, store: Path, tmp_path: Path) -> None:
    done = command("copy", store, tmp_path / "b.db")
    assert done.code == 0 and done.out.endswith("; the stores are equal\n") and not done.err
    assert (
        command("stats", "--store", tmp_path / "b.db").out.splitlines()[:2]
        == (command("stats", "--store", store).out.splitlines()[:2])
    )


def test_a_target_with_other_contents_is_an_error_with_the_reason(
    command: Command, store: Path, log: Path, tmp_path: Path
) -> None:
    target = tmp_path / "b.db"
    content = log.read_bytes().replace(b"node=web01 ", b"node=db\x1b[31m01 ")
    (tmp_path / "other.log").write_bytes(content[:100_000])
    assert command("ingest", "--store", target, tmp_path / "other.log").code == 0
    done = command("copy", store, target)
    assert done.code == 2 and "equal" not in done.out
    assert f"{target} and {store} differ: the target also holds other hosts: db" in done.err and "\x1b" not in done.err


@pytest.mark.parametrize(
    "words", [("{0}", "sqlite:{0}"), ("bolt://localhost/neo4j?case=x", "neo4j://127.0.0.1?case=x")]
)
def test_a_store_is_not_copied_onto_itself(command: Command, store: Path, words: tuple[str, str]) -> None:
    done = command("copy", *(word.format(store) for word in words))
    assert done.code == 2 and "both the source and the target" in done.err


def test_a_missing_source_is_an_error(command: Command, tmp_path: Path) -> None:
    done = command("copy", tmp_path / "none.db", tmp_path / "b.db")
    assert done.code == 2 and "none.db" in done.err and not (tmp_path / "b.db").exists()


def test_progress_is_shown_on_a_terminal(store: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "provenance", "copy", str(store), str(tmp_path / "b.db")]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    ) as child:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # the end of a terminal whose other side is closed
            pass
        finally:
            os.close(ours)
        assert child.wait(60) == 0
    assert b"comparing" in shown
