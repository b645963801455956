"""Uses that nobody designed for: closed and full streams, times beyond every log, huge numbers, Ctrl-C while Python ignores
errors, files that are no store. Each is answered in one line, and nothing is lost or left behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from tests.conftest import ROOT
from tests.provenance.cli.conftest import Command
from tests.provenance.cli.test_bad_input import error_line


@pytest.mark.parametrize("time", ["2262-01-01", "9999-12-31T23:59:59-14:00"])
def test_a_time_after_every_log(time: str, store: Path, command: Command, tmp_path: Path) -> None:
    found = command("find", "--store", store, "--since", time)
    assert found.code == 1
    assert "the records of the store are from 2026-11-24 03:28:" in error_line(found)
    assert command("find", "--store", store, "--until", time).code == 0
    copied = copyfile(store, tmp_path / "case.db")
    assert command("prune", "--store", copied, "--before", time).code == 0
    with_address = ("hosts", "set", "web01", "--store", copied, "--address", "10.0.0.1", "--until", time)
    assert command(*with_address).code == 0


def test_a_time_before_every_log(store: Path, command: Command) -> None:
    assert command("find", "--store", store, "--until", "0001-01-01").code == 1
    assert command("find", "--store", store, "--since", "0001-01-01", "--limit", "1").code == 0
    assert error_line(command("find", "--store", store, "--since", "0000-01-01")).startswith(
        "invalid value for '--since'"
    )


@pytest.mark.parametrize(
    "words", [("--command", "^cat /etc/passwd$", "--all"), ("--file", "/tmp/shell.sh")], ids=["process", "file"]
)
def test_a_forward_trace_after_the_last_flow_says_so(words: tuple[str, ...], store: Path, command: Command) -> None:
    result = command("forward", "--store", store, *words, "--since", "2030-01-01")
    assert result.code == 0
    assert "no flow from it is recorded after that time" in result.out
    assert "Steps" not in result.out


def test_a_limit_is_not_taken_for_the_beginning_of_the_log(store: Path, command: Command) -> None:
    words = ("backtrack", "--store", store, "--file", "/tmp/shell.sh", "--max-nodes", "2")
    result = command(*words)
    assert result.code == 0
    assert "the trace reached its limit at" in result.out
    assert "began before the log" not in result.out


def test_a_limit_is_reported_beside_formats_for_programs_too(store: Path, command: Command) -> None:
    words = ("backtrack", "--store", store, "--file", "/tmp/shell.sh", "--max-nodes", "2", "--format", "json")
    result = command(*words)
    assert result.code == 0
    left_out = json.loads(result.out)["truncated"]["left_out_edges"]
    assert "the trace is incomplete: " in result.err and f"; {left_out:,} flow" in result.err


@pytest.mark.parametrize("option", ["--limit", "--pid"])
@pytest.mark.parametrize("number", ["2147483648", "9" * 99])
def test_a_number_beyond_the_largest(option: str, number: str, store: Path, command: Command) -> None:
    result = command("find", "--store", store, "--command", ".", option, number)
    assert result.code == 2
    assert "the largest is 2147483647" in error_line(result)


@pytest.mark.parametrize(
    "words",
    [("find", "--id", "-"), ("show", "-"), ("evidence", "-"), ("alert", "-"), ("hosts", "load", "-")],
    ids=lambda words: words[0],
)
def test_standard_input_that_is_closed(
    words: tuple[str, ...], store: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    result = command(*words, "--store", store)
    assert result.code == 2
    assert "standard input is closed" in error_line(result)


def test_hosts_from_standard_input(
    store: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = copyfile(store, tmp_path / "case.db")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"web01 10.0.0.1\n")))
    result = command("hosts", "load", "-", "--store", copied)
    assert result.code == 0
    assert "10.0.0.1  given" in result.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_token_that_cannot_be_printed_is_not_valid(command: Command, tmp_path: Path) -> None:
    case = tmp_path / "case.db"
    words = [sys.executable, "-m", "provenance", "token", "create", "--store", str(case), "--scope", "read"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert done.returncode == 2
    listed = json.loads(command("token", "list", "--store", case, "--format", "json").out)
    assert [token["revoked"] for token in listed["tokens"]] == [True]


def test_a_failed_ingest_leaves_an_empty_file_empty(command: Command, tmp_path: Path) -> None:
    case, log = tmp_path / "case.db", tmp_path / "prose.log"
    case.touch()
    log.write_text("This is no audit log.\n")
    assert command("ingest", "--store", case, log).code == 2
    assert case.read_bytes() == b""
    assert sorted(tmp_path.iterdir()) == [case, log]


@pytest.mark.parametrize("words", [("ingest", "x.log"), ("stats",), ("token", "list")], ids=lambda words: words[0])
def test_a_pipe_is_no_store(words: tuple[str, ...], command: Command, tmp_path: Path) -> None:
    """SQLite would put its files beside it, for example beside /dev/null."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    result = command(*words, "--store", path)
    assert result.code == 3
    assert error_line(result) == f"{path} is a device or a pipe, not a store"
    assert list(tmp_path.iterdir()) == [path]


_EXECVE = (
    "type=SYSCALL msg=audit(1795490938.100:7): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=0 ppid=1"
    ' pid=77 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="x" exe="/bin/x"\n'
    'type=EXECVE msg=audit(1795490938.100:7): argc=1 a0="x"\n'
)


def test_a_process_without_a_known_program_is_named_once(command: Command, tmp_path: Path) -> None:
    case, log = tmp_path / "case.db", tmp_path / "audit.log"
    log.write_text(_EXECVE)
    assert command("ingest", "--store", case, "--host", "web01", log).code == 0
    found = command("find", "--store", case, "--pid", "1").out
    assert found.endswith("  web01  pid 1\n")
    story = command("backtrack", "--store", case, "--pid", "77").out
    assert "Way in     pid 1, 2026-11-24 03:28:58.100 UTC\n" in story
    counts = command("stats", "--store", case).out
    assert "never recorded: forks, exits, opened files, accepts, connects\n" in counts


def test_a_file_that_is_no_store_gets_no_lock(log: Path, command: Command, tmp_path: Path) -> None:
    case = tmp_path / "case.db"
    case.write_text("not a database, whatever its name says\n" * 100)
    assert command("ingest", "--store", case, log).code == 3
    assert list(tmp_path.iterdir()) == [case]


def test_words_are_repeated_as_they_were_typed(store: Path, command: Command) -> None:
    assert "invalid regular expression '\\d(':" in error_line(command("find", "--store", store, "--command", "\\d("))
    assert "no host '\\xff'" in error_line(command("find", "--store", store, "--host", "\udcff"))
    assert "no such command '\\xff'" in error_line(command("\udcff"))


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 256])
def test_a_host_has_a_name(name: str, store: Path, log: Path, command: Command, tmp_path: Path) -> None:
    case = tmp_path / "case.db"
    for words in (
        ("hosts", "set", name, "--store", store, "--address", "10.0.0.1"),
        ("ingest", "--host", name, "--store", case, log),
        ("bulk-load", "--host", name, "--output", tmp_path / "import", log),
    ):
        result = command(*words)
        assert result.code == 2
        assert "invalid host name" in error_line(result)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--user", "--host", "--file", "--alert"])
def test_an_empty_condition_is_an_error(option: str, store: Path, command: Command) -> None:
    result = command("find", "--store", store, option, "")
    assert result.code == 2
    assert error_line(result).startswith(f"invalid value for '{option}': it is empty")


def test_an_error_shows_the_beginning_of_a_long_condition(store: Path, command: Command) -> None:
    line = error_line(command("find", "--store", store, "--command", "no" * 2_000))
    assert "--command nono" in line and len(line) < 200


def test_the_beginning_of_a_name_is_completed_in_the_error(command: Command) -> None:
    assert "did you mean shells_on_sockets or shells_under_services?" in error_line(command("hunt", "shells"))
    assert "did you mean audit-rules?" in error_line(command("aud"))


def test_a_rebuild_of_nothing_says_so(command: Command, tmp_path: Path) -> None:
    case = tmp_path / "case.db"
    assert command("token", "create", "--store", case, "--scope", "read").code == 0
    result = command("rebuild", "--store", case)
    assert (result.code, result.err) == (0, "nothing to rebuild: the store holds no log of any host\n")


def test_a_parameter_needs_a_hunt(command: Command) -> None:
    result = command("hunt", "list", "--set", "times=2")
    assert result.code == 2
    assert "needs the name of a hunt" in error_line(result)


def _can_be_interrupted() -> None:
    """A shell starts jobs in the background with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


_LOADING = "raise KeyboardInterrupt"
_IN_A_CLASS = """
class Named:
    def __set_name__(self, owner, name):
        raise KeyboardInterrupt

class Owner:
    name = Named()
"""
_IN_A_CALLBACK = """
import time

class Dropped:
    def __del__(self):
        raise KeyboardInterrupt

def main():
    Dropped()
    while True:
        time.sleep(0.01)
"""


@pytest.mark.parametrize(
    "content", [_LOADING, _IN_A_CLASS, _IN_A_CALLBACK], ids=["while loading", "while a class is made", "in a callback"]
)
def test_an_interruption_is_never_lost(content: str, tmp_path: Path) -> None:
    """Python prints an error in a callback, such as that of a weak reference during an import, and goes on."""
    (tmp_path / "provenance").mkdir()
    (tmp_path / "provenance" / "__init__.py").touch()
    (tmp_path / "provenance" / "cli.py").write_text(content)
    copyfile(ROOT / "provenance" / "__main__.py", tmp_path / "provenance" / "__main__.py")
    done = subprocess.run(
        [sys.executable, "-m", "provenance"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        preexec_fn=_can_be_interrupted,
    )
    assert (done.returncode, done.stderr) == (130, "provenance: interrupted\n")


def test_an_encoding_without_the_signs_of_the_story(store: Path) -> None:
    words = [sys.executable, "-m", "provenance", "backtrack", "--store", str(store), "--file", "/tmp/shell.sh"]
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(words, capture_output=True, encoding="latin-1", env=environment, timeout=60)
    assert done.returncode == 0
    assert " -> " in done.stdout and "`- " in done.stdout
    assert "\\u2" not in done.stdout


def test_an_incomplete_line_from_standard_input(log: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "provenance", "ingest", "--store", str(tmp_path / "case.db"), "-"]
    lines = log.read_bytes().removesuffix(b"\n")
    done = subprocess.run(words, input=lines, capture_output=True, timeout=120)
    assert done.returncode == 0
    assert b"-: the last line does not end in a newline" in done.stderr
    assert b"pipe the whole log in again to add it" in done.stderr and b"this file" not in done.stderr
