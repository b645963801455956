"""Bad input through the command line: one clear line, the exit code of docs/interface.md, nothing lost, no traceback."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.provenance.cli.conftest import Command, Result


def error_line(result: Result) -> str:
    """The one line that a failed command says."""
    assert result.out == ""
    assert "Traceback" not in result.err
    (line,) = result.err.splitlines()
    assert line.startswith("provenance: ")
    return line.removeprefix("provenance: ")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _dead(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 400)


def _empty(path: Path) -> None:
    path.touch()


def _prose(path: Path) -> None:
    path.write_text("Dear Sir or Madam,\nthis is no audit log.\n")


def _folder(path: Path) -> None:
    path.mkdir()


def _nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_nothing, "no such file or folder"),
        (_loop, "a symbolic link to a file that does not exist"),
        (_dead, "a symbolic link to a file that does not exist"),
        (_binary, "binary data"),
        (_empty, "the file is empty"),
        (_prose, "it holds no audit record"),
        (_folder, "no *.log"),
    ],
)
def test_an_unreadable_file(make: Callable[[Path], None], why: str, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.log"
    make(path)
    result = command("ingest", "--store", tmp_path / "case.db", path)
    assert result.code == 2
    line = error_line(result)
    assert str(path) in line
    assert why in line


def test_standard_input_that_is_closed(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    result = command("ingest", "--store", tmp_path / "case.db", "-")
    assert result.code == 2
    assert "standard input is closed" in error_line(result)


def test_a_file_for_a_folder(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = command("ingest", "--store", tmp_path / "case.db", tmp_path / "file" / "audit.log")
    assert result.code == 2
    assert "audit.log" in error_line(result)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_events_before_the_damage_are_stored(
    pack: Callable[[bytes], bytes], log: Path, command: Command, tmp_path: Path
) -> None:
    packed = pack(log.read_bytes())
    cut = tmp_path / "audit.log.packed"
    cut.write_bytes(packed[: len(packed) // 2])
    result = command("ingest", "--store", tmp_path / "case.db", "--format", "json", cut)
    assert result.code == 2
    assert "is truncated; the part before it was ingested" in result.err
    assert json.loads(result.out)["events"] > 100
    assert command("stats", "--store", tmp_path / "case.db").code == 0


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_last_line_without_a_newline_is_reported(end: bytes, log: Path, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_bytes(log.read_bytes().removesuffix(b"\n") + end)
    result = command("ingest", "--store", tmp_path / "case.db", path)
    assert result.code == 0
    noted = [line for line in result.err.splitlines() if "newline" in line]
    assert noted == [] if end else len(noted) == 1 and str(path) in noted[0]


def test_an_invalid_file_does_not_change_the_store(log: Path, store: Path, command: Command, tmp_path: Path) -> None:
    copied = tmp_path / "case.db"
    assert command("copy", store, copied).code == 0
    before = command("stats", "--store", copied, "--format", "json").out
    _binary(tmp_path / "bad.log")
    assert command("ingest", "--store", copied, tmp_path / "bad.log").code == 2
    after = command("stats", "--store", copied, "--format", "json").out
    assert json.loads(before)["flows"] == json.loads(after)["flows"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("find", "--nonsense", "x"), "no such option '--nonsense'"),
        (("find", "--comm", "x"), "no such option '--comm'; did you mean --command?"),
        (("find",), "no selection given"),
        (("find", "--command", "a(b"), "invalid regular expression"),
        (("find", "--remote", "example.org"), "invalid peer"),
        (("find", "--command", "a{99999999999999999999}"), "invalid regular expression"),
        (("find", "--command", "(" * 3_000 + ")" * 3_000), "invalid regular expression"),
        (("find", "--pid", "many"), "invalid number"),
        (("find", "--pid", "9223372036854775808"), "the largest is 2147483647"),
        (("find", "--pid", "7_184"), "invalid number"),
        (("find", "--pid", "\uff17\uff11\uff18\uff14"), "invalid number"),
        (("find", "--pid", "9" * 5000), "invalid number"),
        (("find", "--remote", "198.51.100.45:\uff14\uff14\uff14\uff14"), "invalid peer"),
        (("find", "--event", "web01/1795490938.271:\uff17"), "invalid event"),
        (("backtrack", "--command", "bash", "--at", "\uff11"), "invalid time"),
        (("backtrack", "--command", "bash", "--at", "the day before"), "invalid time"),
        (("show", "junk"), "invalid id "),
        (("evidence", "junk"), "invalid id "),
        (("backtrack", "--id", "x12"), "invalid id "),
        (("backtrack", "--command", "bash", "--timezone", "Mars/Olympus"), "invalid time zone"),
    ],
)
def test_invalid_arguments(words: tuple[str, ...], why: str, store: Path, command: Command) -> None:
    result = command(words[0], "--store", store, *words[1:])
    assert result.code == 2
    assert why in error_line(result)


@pytest.mark.parametrize("words", [(), ("nonsense",), ("ingest",), ("show",), ("copy", "one")])
def test_an_incomplete_command(words: tuple[str, ...], command: Command) -> None:
    result = command(*words)
    assert result.code == 2
    assert "(see `provenance" in error_line(result)


@pytest.mark.parametrize(
    "words",
    [
        ("find", "--command", "no such thing at all"),
        ("find", "--host", "elsewhere"),
        ("backtrack", "--file", "/no/such/file"),
        ("backtrack", "--command", "bash", "--remote", "192.0.2.99"),
        ("forward", "--id", "p0000000000000001"),
        ("backtrack", "--alert", "a0"),
        ("forward", "--event", "web01/1.000:1"),
        ("show", "p0000000000000001"),
        ("evidence", "p0000000000000001"),
        ("evidence", "web01/1.000:1"),
    ],
)
def test_nothing_found(words: tuple[str, ...], store: Path, command: Command) -> None:
    result = command(words[0], "--store", store, *words[1:])
    assert result.code == 1
    assert result.out == ""
    assert result.err.splitlines()[-1].startswith("provenance: ")


def test_a_time_before_the_start_of_the_trace(store: Path, command: Command) -> None:
    result = command("find", "--store", store, "--command", "^cat /etc/passwd$", "--format", "json")
    id = json.loads(result.out)["entities"][0]["id"]
    result = command("backtrack", "--store", store, "--id", id, "--at", "2026-11-24T03:00:00Z")
    assert result.code == 0
    assert "first recorded at 2026-11-24 03:28:" in result.out
    assert "Way in" not in result.out


def test_several_matches_are_listed(store: Path, command: Command) -> None:
    result = command("backtrack", "--store", store, "--command", ".")
    first, *rest = result.err.splitlines()
    assert result.code == 2
    assert result.out == ""
    assert "--id" in first
    assert "--all" in first
    ids = [line.split()[0] for line in rest if line.startswith("  p")]
    assert len(ids) == 20 and rest[-1].startswith("  and ")
    assert all(len(line) <= 100 and "…" not in line for line in rest)
    chosen = ids[1]
    assert command("backtrack", "--store", store, "--id", chosen).code == 0


def _not_sqlite(path: Path) -> None:
    path.write_text("not a database, whatever its name says\n" * 100)


def _another_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")


@pytest.mark.parametrize("make", [_not_sqlite, _another_database, _folder, _nothing, _loop])
def test_a_file_that_is_not_a_store(make: Callable[[Path], None], command: Command, tmp_path: Path) -> None:
    path = tmp_path / "case.db"
    make(path)
    result = command("stats", "--store", path)
    assert result.code == (2 if make in (_nothing, _loop) else 3)
    assert "case.db" in error_line(result)


@pytest.mark.parametrize("make", [_not_sqlite, _folder])
def test_a_file_that_is_not_a_store_is_left_unchanged(
    make: Callable[[Path], None], log: Path, command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "case.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    result = command("ingest", "--store", path, log)
    assert result.code == 3
    assert "case.db" in error_line(result)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_folder_is_not_a_store(log: Path, store: Path, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "case.db"
    path.mkdir()
    for words in (
        ("ingest", "--store", path, log),
        ("copy", store, path),
        ("ingest", "--store", f"sqlite:{path}", log),
    ):
        result = command(*words)
        assert result.code == 3
        assert error_line(result) == f"{path} is a folder, not a store"
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_a_store_that_cannot_be_made(parent: str, log: Path, command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = command("ingest", "--store", tmp_path / parent / "case.db", log)
    assert result.code == 3
    assert "case.db" in error_line(result)


def test_a_store_of_a_newer_version(store: Path, command: Command, tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    assert command("copy", store, newer).code == 0
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    result = command("stats", "--store", newer)
    assert result.code == 2
    assert "newer" in error_line(result)


def test_a_store_is_not_copied_into_itself(store: Path, command: Command, tmp_path: Path) -> None:
    result = command("copy", store, store)
    assert result.code == 2
    assert "both the source and the target" in error_line(result)


def _small_files_only() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))


def test_no_room_for_the_store(log: Path, command: Command, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "provenance", "ingest", "--store", str(tmp_path / "case.db"), str(log)]
    # Whoever measures coverage writes a file too, and would meet the same limit.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        words, capture_output=True, encoding="utf-8", env=env, preexec_fn=_small_files_only, timeout=120
    )
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert "case.db" in line
    assert command("ingest", "--store", tmp_path / "case.db", log).code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_no_room_for_the_answer(store: Path) -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "provenance", "stats", "--store", str(store)]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert done.returncode == 2
    assert done.stderr == f"provenance: output: {os.strerror(28).lower()}\n"


def test_credentials_that_cannot_be_read(command: Command, tmp_path: Path) -> None:
    result = command("stats", "--store", "bolt://127.0.0.1:1", "--credentials", tmp_path / "nowhere")
    assert result.code == 2 and "nowhere" in result.err and result.err.count("\n") == 1
