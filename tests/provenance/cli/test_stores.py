"""Mistyped paths of stores and failed ingests: no empty store is created without a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.provenance.cli.conftest import BUNDLED, Command

READING = [
    ("stats",),
    ("find", "--command", "bash"),
    ("show", "p1"),
    ("evidence", "p1"),
    ("backtrack", "--command", "bash"),
    ("forward", "--command", "bash"),
    ("prune", "--before", "2026-11-24T00:00:00Z"),
    ("token", "list"),
    ("hunt", "logins"),
    ("rebuild",),
]


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_a_mistyped_store_is_an_error_that_names_the_nearest(
    words: tuple[str, ...], store: Path, command: Command, tmp_path: Path
) -> None:
    (tmp_path / "incident-17.db").write_bytes(store.read_bytes())
    (tmp_path / "other.db").write_bytes(store.read_bytes())
    (tmp_path / "incident-71.db").write_text("not a store")
    before = sorted(tmp_path.iterdir())
    done = command(*words, "--store", tmp_path / "incident-7.db")
    assert (done.code, done.out) == (2, "")
    wrong, right = tmp_path / "incident-7.db", tmp_path / "incident-17.db"
    assert done.err == f"provenance: there is no store at {wrong}; did you mean {right}?\n"
    assert sorted(tmp_path.iterdir()) == before


def test_without_a_store_the_error_names_the_command_that_creates_one(command: Command, tmp_path: Path) -> None:
    done = command("stats", "--store", tmp_path / "case.db")
    assert done.code == 2
    assert "`provenance ingest --store" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_ingest_reports_that_it_creates_a_store(log: Path, store: Path, command: Command, tmp_path: Path) -> None:
    (tmp_path / "case.db").write_bytes(store.read_bytes())
    done = command("ingest", "--store", tmp_path / "cases.db", log)
    assert done.code == 0
    assert f"created a new store at {tmp_path / 'cases.db'} (there is also {tmp_path / 'case.db'})\n" in done.err
    assert "created" not in command("ingest", "--store", tmp_path / "cases.db", log).err


def test_a_new_store_for_a_token_is_reported(command: Command, tmp_path: Path) -> None:
    done = command("token", "create", "--store", tmp_path / "case.db", "--scope", "read")
    assert done.code == 0
    assert f"created a new store at {tmp_path / 'case.db'}\n" in done.err


@pytest.mark.parametrize("files", [("bad.log",), ("bad.log", "worse.log")], ids=("one file", "two files"))
def test_a_failed_ingest_leaves_no_store(files: tuple[str, ...], command: Command, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    paths = [tmp_path / "logs" / name for name in files]
    for path in paths:
        path.write_text("Dear Sir or Madam,\nthis is no audit log.\n")
    done = command("ingest", "--store", tmp_path / "case.db", *paths)
    assert done.code == 2
    assert all(str(path) in done.err for path in paths)
    assert [entry.name for entry in tmp_path.iterdir()] == ["logs"]


def test_a_failed_ingest_leaves_an_existing_store(command: Command, log: Path, store: Path, tmp_path: Path) -> None:
    (tmp_path / "case.db").write_bytes(store.read_bytes())
    (tmp_path / "bad.log").write_text("this is no audit log\n")
    assert command("ingest", "--store", tmp_path / "case.db", tmp_path / "bad.log").code == 2
    assert command("stats", "--store", tmp_path / "case.db").code == 0


@pytest.mark.parametrize(
    "words", [("ingest", BUNDLED), ("token", "create", "--scope", "read"), ("serve", "--port", "0")]
)
def test_a_store_in_a_missing_folder_is_an_error_that_names_the_folder(
    words: tuple[str, ...], command: Command, tmp_path: Path
) -> None:
    done = command(*words, "--store", tmp_path / "nowhere" / "case.db")
    assert done.code == 3
    assert done.err.endswith(f"case.db cannot be created: there is no folder {tmp_path / 'nowhere'}\n")


def test_a_store_to_read_in_a_missing_folder_is_an_error(command: Command, tmp_path: Path) -> None:
    done = command("stats", "--store", tmp_path / "nowhere" / "case.db")
    assert (done.code, done.out) == (2, "")
    assert f"no store at {tmp_path / 'nowhere' / 'case.db'}" in done.err and "did you mean" not in done.err


def test_a_file_that_cannot_be_read_is_not_suggested(store: Path, command: Command, tmp_path: Path) -> None:
    """Nobody can read the first bytes of /proc/self/mem (proc_pid_mem(5)): no memory has the address 0."""
    (tmp_path / "incident-17.db").symlink_to("/proc/self/mem")
    (tmp_path / "other.db").write_bytes(store.read_bytes())
    done = command("stats", "--store", tmp_path / "incident-7.db")
    assert done.code == 2
    assert done.err.endswith(f"did you mean {tmp_path / 'other.db'}?\n")
