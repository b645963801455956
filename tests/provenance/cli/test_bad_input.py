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

from tests.provenance.cli.conftest import Command, Said


def complaint(said: Said) -> str:
    """The one line that a failed command says."""
    assert said.out == ""
    assert "Traceback" not in said.err
    (line,) = said.err.splitlines()
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
        (_loop, "a link that leads nowhere"),
        (_dead, "a link that leads nowhere"),
        (_binary, "binary data"),
        (_empty, "the file is empty"),
        (_prose, "no audit records in it"),
        (_folder, "no *.log"),
    ],
)
def test_what_cannot_be_read(make: Callable[[Path], None], why: str, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "bad.log"
    make(path)
    said = command("ingest", "--store", tmp_path / "case.db", path)
    assert said.code == 2
    line = complaint(said)
    assert str(path) in line
    assert why in line


def test_standard_input_that_is_closed(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    said = command("ingest", "--store", tmp_path / "case.db", "-")
    assert said.code == 2
    assert "standard input is closed" in complaint(said)


def test_a_file_for_a_folder(command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = command("ingest", "--store", tmp_path / "case.db", tmp_path / "file" / "audit.log")
    assert said.code == 2
    assert "audit.log" in complaint(said)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_what_comes_before_the_damage_is_kept(
    pack: Callable[[bytes], bytes], log: Path, command: Command, tmp_path: Path
) -> None:
    packed = pack(log.read_bytes())
    cut = tmp_path / "audit.log.packed"
    cut.write_bytes(packed[: len(packed) // 2])
    said = command("ingest", "--store", tmp_path / "case.db", "--format", "json", cut)
    assert said.code == 2
    assert "ends too early; what came before was kept" in said.err
    assert json.loads(said.out)["events"] > 100
    assert command("stats", "--store", tmp_path / "case.db").code == 0


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_last_line_without_a_newline_is_told(end: bytes, log: Path, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_bytes(log.read_bytes().removesuffix(b"\n") + end)
    said = command("ingest", "--store", tmp_path / "case.db", path)
    assert said.code == 0
    told = [line for line in said.err.splitlines() if "newline" in line]
    assert told == [] if end else len(told) == 1 and str(path) in told[0]


def test_a_bad_file_takes_nothing_from_the_store(log: Path, store: Path, command: Command, tmp_path: Path) -> None:
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
        (("find", "--nonsense", "x"), "unrecognized arguments"),
        (("find", "--comm", "x"), "unrecognized arguments"),
        (("find",), "nothing is selected"),
        (("find", "--command", "a(b"), "no regular expression"),
        (("find", "--remote", "example.org"), "no IP"),
        (("find", "--command", "a{99999999999999999999}"), "no usable regular expression"),
        (("find", "--command", "(" * 3_000 + ")" * 3_000), "no usable regular expression"),
        (("find", "--pid", "many"), "no whole number"),
        (("find", "--pid", "9223372036854775808"), "no process id"),
        (("find", "--pid", "7_184"), "no whole number"),
        (("find", "--pid", "\uff17\uff11\uff18\uff14"), "no whole number"),
        (("find", "--pid", "9" * 5000), "no whole number"),
        (("find", "--remote", "198.51.100.45:\uff14\uff14\uff14\uff14"), "no IP"),
        (("find", "--event", "web01/1795490938.271:\uff17"), "is no event"),
        (("backtrack", "--command", "bash", "--at", "\uff11"), "is no time"),
        (("backtrack", "--command", "bash", "--at", "yesterday"), "is no time"),
        (("show", "junk"), "is not an id"),
        (("evidence", "junk"), "is not an id"),
        (("backtrack", "--id", "p12"), "is not an id"),
        (("backtrack", "--command", "bash", "--timezone", "Mars/Olympus"), "no time zone"),
    ],
)
def test_what_cannot_mean_anything(words: tuple[str, ...], why: str, store: Path, command: Command) -> None:
    said = command(words[0], "--store", store, *words[1:])
    assert said.code == 2
    assert why in complaint(said)


@pytest.mark.parametrize("words", [(), ("nonsense",), ("ingest",), ("show",), ("copy", "one")])
def test_half_a_command(words: tuple[str, ...], command: Command) -> None:
    said = command(*words)
    assert said.code == 2
    assert "--help` tells more" in complaint(said)


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
    said = command(words[0], "--store", store, *words[1:])
    assert said.code == 1
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("provenance: ")


def test_a_time_before_what_the_trace_starts_from(store: Path, command: Command) -> None:
    said = command("find", "--store", store, "--command", "^cat /etc/passwd$", "--format", "json")
    id = json.loads(said.out)["entities"][0]["id"]
    said = command("backtrack", "--store", store, "--id", id, "--at", "2026-11-24T03:00:00Z")
    assert said.code == 0
    assert "it is first seen at 2026-11-24 03:28:" in said.out
    assert "Way in" not in said.out


def test_several_matches_are_listed(store: Path, command: Command) -> None:
    said = command("backtrack", "--store", store, "--command", ".")
    first, *rest = said.err.splitlines()
    assert said.code == 2
    assert said.out == ""
    assert "--id" in first
    assert "--all" in first
    assert len(rest) == 21
    assert all(len(line) <= 100 for line in rest)
    chosen = rest[1].split()[0]
    assert command("backtrack", "--store", store, "--id", chosen).code == 0


def _not_sqlite(path: Path) -> None:
    path.write_text("not a database, whatever its name says\n" * 100)


def _somebody_elses(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")


@pytest.mark.parametrize("make", [_not_sqlite, _somebody_elses, _folder, _nothing, _loop])
def test_what_is_no_store(make: Callable[[Path], None], command: Command, tmp_path: Path) -> None:
    path = tmp_path / "case.db"
    make(path)
    said = command("stats", "--store", path)
    assert said.code == 3
    assert "case.db" in complaint(said)


@pytest.mark.parametrize("make", [_not_sqlite, _folder])
def test_what_is_no_store_is_left_as_it_was(
    make: Callable[[Path], None], log: Path, command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "case.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    said = command("ingest", "--store", path, log)
    assert said.code == 3
    assert "case.db" in complaint(said)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_folder_is_no_store_to_fill(log: Path, store: Path, command: Command, tmp_path: Path) -> None:
    path = tmp_path / "case.db"
    path.mkdir()
    for words in (
        ("ingest", "--store", path, log),
        ("copy", store, path),
        ("ingest", "--store", f"sqlite:{path}", log),
    ):
        said = command(*words)
        assert said.code == 3
        assert complaint(said) == f"{path} is a folder, not a store"
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("parent", ["missing", "file"])
def test_a_store_that_cannot_be_made(parent: str, log: Path, command: Command, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = command("ingest", "--store", tmp_path / parent / "case.db", log)
    assert said.code == 3
    assert "case.db" in complaint(said)


def test_a_store_of_a_newer_version(store: Path, command: Command, tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    assert command("copy", store, newer).code == 0
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    said = command("stats", "--store", newer)
    assert said.code == 2
    assert "newer" in complaint(said)


def test_a_store_is_not_copied_into_itself(store: Path, command: Command, tmp_path: Path) -> None:
    said = command("copy", store, store)
    assert said.code == 2
    assert "both the source and the target" in complaint(said)


def _small_files_only() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))


def test_no_room_for_the_store(log: Path, command: Command, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "provenance", "ingest", "--store", str(tmp_path / "case.db"), str(log)]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", preexec_fn=_small_files_only, timeout=120)
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
    said = command("stats", "--store", "bolt://127.0.0.1:1", "--credentials", tmp_path / "nowhere")
    assert said.code == 2 and "nowhere" in said.err and said.err.count("\n") == 1
