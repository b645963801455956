"""Output: only JSON on standard output, no hostile text on a terminal, closed pipes, interruptions."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provenance.cli.input import read_file
from provenance.cli.output import ENCODING_ERRORS
from provenance.errors import InputError
from tests.ingest.script import Script
from tests.provenance.cli.conftest import BUNDLED, Command

_PROGRAM = (sys.executable, "-m", "provenance")
_HOSTILE = "\x1b]0;owned\x07\x1b[2J"


@pytest.mark.parametrize(
    "words",
    [
        ("stats",),
        ("find", "--command", "curl"),
        ("backtrack", "--command", "curl", "--all"),
        ("forward", "--file", "/tmp/shell.sh"),
    ],
)
def test_json_alone_on_standard_output(words: tuple[str, ...], store: Path, command: Command) -> None:
    result = command(words[0], "--store", store, *words[1:], "--format", "json")
    assert result.code == 0
    assert json.loads(result.out)["format"].startswith("provenance-")


def _hostile_log(folder: Path) -> Path:
    """One execve whose argument moves the cursor and renames the window, written as the kernel writes it: in hex."""
    name = f"/tmp/{_HOSTILE}".encode().hex().upper()
    head = "node=web01 type={} msg=audit(1795490938.271:7): "
    path = folder / "hostile.log"
    path.write_text(
        head.format("SYSCALL") + "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=0 items=1 ppid=1 pid=77 "
        'auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="x" '
        f"exe={name} key=(null)\n"
        + head.format("EXECVE") + f'argc=2 a0="x" a1={name}\n'
        + head.format("CWD") + 'cwd="/"\n'
        + head.format("PATH") + f"item=0 name={name} inode=9 dev=08:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 "
        "nametype=NORMAL\n"
        + head.format("EOE") + "\n"
    )  # fmt: skip
    return path


@pytest.mark.parametrize("words", [("find", "--pid", "77"), ("backtrack", "--pid", "77"), ("forward", "--pid", "77")])
def test_no_escape_sequence_of_a_name_reaches_the_output(
    words: tuple[str, ...], command: Command, tmp_path: Path
) -> None:
    store = tmp_path / "case.db"
    assert command("ingest", "--store", store, _hostile_log(tmp_path)).code == 0
    result = command(words[0], "--store", store, *words[1:])
    assert result.code == 0
    assert "\\x1b]0;owned\\x07" in result.out
    assert "\x1b" not in result.out + result.err
    assert "\x07" not in result.out + result.err


def test_no_escape_sequence_of_an_argument_comes_back(store: Path, command: Command) -> None:
    for words in (("show", _HOSTILE), ("find", "--host", _HOSTILE), (_HOSTILE,), ("ingest", _HOSTILE)):
        assert "\x1b" not in command(*words).err


def test_a_terminal_gets_colours_and_no_escape_sequence_of_a_name(command: Command, tmp_path: Path) -> None:
    store = tmp_path / "case.db"
    assert command("ingest", "--store", store, _hostile_log(tmp_path)).code == 0
    ours, theirs = pty.openpty()
    try:
        words = [*_PROGRAM, "find", "--store", str(store), "--pid", "77"]
        known = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
        assert subprocess.run(words, stdout=theirs, env=known, timeout=60).returncode == 0
        shown = os.read(ours, 1 << 16)
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"\x1b[" in shown
    assert b"\x1b]0;" not in shown
    assert b"\x1b[2J" not in shown


def test_an_entity_is_printed_in_full(command: Command, tmp_path: Path) -> None:
    """Names and attributes are printed in full, because the reader will copy them."""
    log, deep = tmp_path / "audit.log", "/srv" + "/a folder of a long name".replace(" ", "-") * 8
    head = "node=web01 type={} msg=audit(1795490938.271:7): "
    log.write_text(
        head.format("SYSCALL") + "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=0 items=1 ppid=1 pid=77 "
        f'auid=0 uid=0 comm="x" exe="{deep}/tool"\n'
        + head.format("EXECVE") + f'argc=2 a0="x" a1="{deep}/argument"\n'
        + head.format("CWD") + f'cwd="{deep}"\n'
        + head.format("PATH") + f'item=0 name="{deep}/tool" inode=9 dev=08:01 mode=0100755 rdev=00:00 nametype=NORMAL\n'
    )  # fmt: skip
    assert command("ingest", "--store", tmp_path / "case.db", log).code == 0
    for words, parts in (
        (("--pid", "77"), (f"x {deep}/argument", f"exe {deep}/tool", f"cwd {deep},", "ppid 1")),
        (("--file", f"{deep}/tool"), (f"  path {deep}/tool 2026-11-24 03:28:58.271 UTC to ", "inode 9")),
    ):
        found = command("find", "--store", tmp_path / "case.db", *words, "--format", "json")
        result = command("show", "--store", tmp_path / "case.db", json.loads(found.out)["entities"][-1]["id"])
        assert result.code == 0 and all(part in result.out for part in parts)
        assert "False" not in result.out and "True" not in result.out


def test_a_reader_that_closes_the_pipe_is_not_an_error(store: Path) -> None:
    words = [*_PROGRAM, "backtrack", "--store", str(store), "--command", ".", "--all", "--format", "json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


def test_outputs_that_are_closed_are_no_error(store: Path) -> None:
    for closed in ("1>&-", "2>&- >/dev/null", "1>&- 2>&-"):
        line = f'exec "$@" {closed}'
        done = subprocess.run(["sh", "-c", line, "sh", *_PROGRAM, "stats", "--store", str(store)], timeout=60)
        assert done.returncode == 0


@pytest.mark.parametrize(("jobs", "after_s"), [("1", 0.2), ("2", 0.05), ("2", 0.1), ("2", 0.2), ("2", 0.4)])
def test_interrupted(jobs: str, after_s: float, command: Command, tmp_path: Path) -> None:
    """At any time: a worker may be about to be started, being loaded, or at work."""
    store = tmp_path / "case.db"
    words = [*_PROGRAM, "ingest", "--store", str(store), "--jobs", jobs, str(BUNDLED)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as running:
        while running.poll() is None and not store.exists():
            time.sleep(0.01)
        time.sleep(after_s)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, b"", b"provenance: interrupted\n")
    assert command("ingest", "--store", store, BUNDLED).code == 0


def test_raw_lines_on_a_terminal_are_escaped_and_in_a_pipe_as_they_were(command: Command, tmp_path: Path) -> None:
    log, store = tmp_path / "audit.log", tmp_path / "case.db"
    line = "node=web01 type=USER_CMD msg=audit(1795490938.271:7): pid=77 uid=0 auid=0 ses=1 msg='cmd=\"\x1b[2J\" res=1'"
    log.write_text(line + "\n")
    assert command("ingest", "--store", store, log).code == 2, "nothing to trace"
    words = [*_PROGRAM, "evidence", "--store", str(store), "web01/1795490938.271:7"]
    assert subprocess.run(words, capture_output=True, timeout=60, text=True).stdout == line + "\n"
    ours, theirs = pty.openpty()
    try:
        assert subprocess.run(words, stdout=theirs, timeout=60).returncode == 0
        shown = os.read(ours, 1 << 16)
    finally:
        os.close(ours)
        os.close(theirs)
    assert b"\x1b" not in shown and b"\\x1b[2J" in shown


def test_evidence_whose_lines_were_not_stored(command: Command, log: Path, tmp_path: Path) -> None:
    store = tmp_path / "case.db"
    assert command("ingest", "--store", store, "--lines", "none", log).code == 0
    found = json.loads(command("find", "--store", store, "--command", "curl", "--format", "json").out)
    ids = [entity["id"] for entity in found["entities"]]
    result = command("evidence", "--store", store, ids[0])
    assert result.code == 1 and result.out == ""
    assert result.err == f"provenance: no raw lines of {ids[0]} in the store\n"


def test_what_a_host_has_many_of_is_cut_with_a_hint(command: Command, tmp_path: Path) -> None:
    """A process that reads 100 files, a log with 100 gaps, and a host whose clock and addresses are given."""
    log, store = tmp_path / "audit.log", tmp_path / "case.db"
    script = Script()
    sh = script.process(100)
    for number in range(100):
        sh.opens(f"/srv/{number}", fd=number + 3)
        sh.call("ptrace", 4, 200 + number)
        script.message("ANOM_ABEND", 'auid=0 uid=0 gid=0 ses=1 pid=100 comm="sh" sig=11')
        script.serial += 5
        script.wait(120_000)
    log.write_bytes(script.text())
    assert command("ingest", "--store", store, log).code == 0
    given = ("hosts", "set", "--store", store, "web01", "--address", "10.9.0.1", "--clock", "-250ms")
    assert command(*given).code == 0
    stats = command("stats", "--store", store).out
    assert "blind intervals; --format json lists all" in stats
    assert "clock corrected by -250 ms" in stats and "addresses: 10.9.0.1" in stats
    found = json.loads(command("find", "--store", store, "--pid", "100", "--format", "json").out)
    shown = command("show", "--store", store, found["entities"][0]["id"]).out
    assert "Other records" in shown and shown.count("more; --format json lists all") >= 2


def test_an_invalid_port(command: Command, store: Path) -> None:
    result = command("serve", "--store", store, "--port", "70000")
    assert result.code == 2 and result.err == "provenance: invalid port 70000: expected 0 to 65535\n"


def test_completion_of_the_words_of_a_command(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for typed, place in (("provenance ", 1), ("provenance nonsense --f", 2)):
        monkeypatch.setenv("_PROVENANCE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(place))
        result = command()
        assert result.code == 0
        found.append(result.out.split())
    assert "plain,backtrack" in found[0] and found[1] == []


def test_many_counters_are_wrapped(command: Command, tmp_path: Path) -> None:
    script = Script()
    sh = script.process(100)
    names = ("getpid", "getuid", "sync", "alarm", "times", "uname", "sysinfo", "getrandom", "sched_yield", "getcpu")
    for number in range(30):
        sh.call(names[number % len(names)])
    (tmp_path / "audit.log").write_bytes(script.text())
    assert command("ingest", "--store", tmp_path / "case.db", tmp_path / "audit.log").code == 0
    lines = command("stats", "--store", tmp_path / "case.db").out.splitlines()
    (begin,) = [place for place, line in enumerate(lines) if line.startswith("  not handled: ")]
    assert max(map(len, lines)) <= 100 and lines[begin + 1].startswith("    ")
    assert all(f"{name} 3" in f"{lines[begin]} {lines[begin + 1]}" for name in names)


def test_evidence_of_which_some_lines_were_not_stored(command: Command, tmp_path: Path) -> None:
    """The first part of a log was ingested without its lines; what there is is printed, and what is missing is counted."""
    script = Script()
    sh = script.process(100)
    sh.opens("/a")
    first = script.text()
    sh.opens("/b", fd=4)
    for name, log, lines in (("1.log", first, "none"), ("2.log", script.text()[len(first) :], "keep")):
        (tmp_path / name).write_bytes(log)
        assert command("ingest", "--store", tmp_path / "case.db", "--lines", lines, tmp_path / name).code == 0
    found = json.loads(command("find", "--store", tmp_path / "case.db", "--pid", "100", "--format", "json").out)
    result = command("evidence", "--store", tmp_path / "case.db", found["entities"][0]["id"])
    assert result.code == 0 and 'name="/b"' in result.out and 'name="/a"' not in result.out
    assert "the raw lines of 1 of 2 events are not in the store" in result.err


def test_an_encoding_without_a_sign_gets_its_plain_form_and_other_characters_spelled_out() -> None:
    assert "a → b…".encode("latin-1", ENCODING_ERRORS) == b"a -> b..."
    assert "Łódź".encode("latin-1", ENCODING_ERRORS) == b"\\u0141\xf3d\\u017a"


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    """An alert file or credentials are read whole."""
    large = tmp_path / "alerts.json"
    large.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(InputError, match="larger than 1 MiB"):
        read_file(str(large), 1 << 20)
    assert len(read_file(str(large), (1 << 20) + 1)) == (1 << 20) + 1
