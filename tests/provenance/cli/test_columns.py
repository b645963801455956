"""The width of text output: wrapped to the terminal or to COLUMNS, complete in a file or pipe, on one line with `--wide`."""

from __future__ import annotations

import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.provenance.cli.conftest import Command

_START = "p156e4d6df08fa4a5"
_COLUMNS = 60
_TEXTS = {
    "find": ("find", "--command", "java"),
    "find groups": ("find", "--host", "web01", "--group-by", "program"),
    "show process": ("show", _START),
    "show file": ("show", "the id of a file"),
    "stats": ("stats",),
    "hosts": ("hosts", "list"),
    "hunts": ("hunt", "list"),
    "hunt": ("hunt", "shells_on_sockets"),
    "backtrack": ("backtrack", "--id", _START),
    "forward": ("forward", "--id", _START),
}


def _printed(command: Command, store: Path, name: str, *options: str) -> str:
    words = list(_TEXTS[name])
    if name == "show file":
        found = command("find", "--store", store, "--file", "/tmp/shell.sh")
        words[1] = found.out.split(maxsplit=1)[0]
    result = command(*words, "--store", store, *options)
    assert result.code == 0 and result.out
    return result.out


def _characters(text: str) -> str:
    return "".join(text.split())


def _is_wrapped(text: str) -> bool:
    return all(len(line) <= _COLUMNS or line.startswith("Next") for line in text.splitlines())


@pytest.mark.parametrize("name", _TEXTS)
def test_a_pipe_gets_lines_of_the_given_columns_and_wide_lines_are_not_wrapped(
    name: str, command: Command, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(_COLUMNS))
    wrapped, wide = _printed(command, store, name), _printed(command, store, name, "--wide")
    monkeypatch.delenv("COLUMNS")
    assert _is_wrapped(wrapped) and not _is_wrapped(wide)
    assert wide == _printed(command, store, name, "--wide")
    if name not in ("backtrack", "forward"):  # a narrow story shows fewer steps
        assert _characters(wrapped) == _characters(wide)


@pytest.mark.parametrize("name", ["find", "show process", "hosts", "hunts", "hunt"])
def test_a_pipe_gets_one_line_for_each_item_if_no_columns_are_given(
    name: str, command: Command, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert _printed(command, store, name) == _printed(command, store, name, "--wide")


@pytest.mark.parametrize("columns", ["", "0", "-1", "x", "1e3", "999999999999999999999"])
def test_columns_that_are_no_width_are_ignored(
    columns: str, command: Command, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    usual = _printed(command, store, "show process")
    monkeypatch.setenv("COLUMNS", columns)
    assert _printed(command, store, "show process") == usual


@pytest.mark.parametrize("words", [("find", "--command", "java"), ("backtrack", "--id", _START), ("show", _START)])
def test_a_terminal_gets_complete_lines(words: tuple[str, ...], store: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "dumb"}
    line = [sys.executable, "-m", "provenance", *words, "--store", str(store)]
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, _COLUMNS, 0, 0))
    shown = bytearray()
    reader = threading.Thread(target=_read_all, args=(ours, shown))
    reader.start()
    try:
        assert subprocess.run(line, stdout=theirs, env=environment, timeout=60).returncode == 0
    finally:
        os.close(theirs)
        reader.join(60)
        os.close(ours)
    text = shown.decode()
    assert _is_wrapped(text) and "…" not in text
    complete = subprocess.run(line, stdout=subprocess.PIPE, env=environment | {"COLUMNS": str(_COLUMNS)}, timeout=60)
    assert [line.rstrip() for line in text.splitlines()] == complete.stdout.decode().splitlines()


def _read_all(terminal: int, into: bytearray) -> None:
    """Reads until the other end is closed."""
    try:
        while part := os.read(terminal, 1 << 16):
            into += part
    except OSError:  # Linux's answer when no process holds the other end
        return
