"""The parser without provenance: its command, a growing file, and imports from the standard library only."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provenance.ingest import pyauparse
from provenance.ingest.pyauparse import Parser, follow
from provenance.ingest.pyauparse.__main__ import main

ROOT = Path(__file__).parents[3]
LINES = (
    "node=web type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e syscall=59 success=yes exit=0 items=0 pid=5 uid=0"
    ' comm="sh"\n'
    'node=web type=EXECVE msg=audit(1700000000.123:42): argc=2 a0="sh" a1=2D631B5B316D\n'
    "node=web type=PROCTITLE msg=audit(1700000000.123:42): proctitle=7368\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.log"
    path.write_text(LINES)
    return path


def test_json(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(log), "--format", "json"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    event = json.loads(line)
    assert (event["node"], event["time"], event["serial"]) == ("web", "1700000000.123", 42)
    assert event["records"][1]["fields"]["a1"] == "-c\x1b[1m"
    assert event["records"][0]["interpreted"]["syscall"] == "execve"


def test_text_shows_control_characters(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(log)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("web 1700000000.123:42\n  SYSCALL arch=x86_64 syscall=execve") and "\x1b" not in out


def test_summary(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(log), "--format", "summary"]) == 0
    captured = capsys.readouterr().out.split()
    assert captured[:6] == ["lines", "3", "records", "3", "events", "1"] and "EXECVE" in captured


def test_an_event_is_printed_as_soon_as_a_later_one_shows_that_it_is_over(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.write_text(LINES + LINES.replace("1700000000.123:42", "1700000060.000:43"))
    assert main([str(log), "--format", "json"]) == 0
    assert [json.loads(line)["serial"] for line in capsys.readouterr().out.splitlines()] == [42, 43]


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "provenance.ingest.pyauparse", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_that_stops_reading_ends_the_command_quietly(log: Path) -> None:
    """`... | head -1`: much more than a pipe holds is printed."""
    log.write_text("".join(LINES.replace(":42)", f":{serial})") for serial in range(3000)))
    with command(str(log)) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("web 1700000000.123:0")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_an_interrupt_ends_the_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(io.BytesIO):
        """Standard input where Ctrl+C is pressed while the command waits for more."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise KeyboardInterrupt
            return super().read(size)

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted(LINES.encode())))
    assert main(["-"]) == 130
    assert capsys.readouterr().err == "pyauparse: interrupted\n"


def test_public_names_are_loaded_when_they_are_used() -> None:
    assert set(pyauparse.__all__) <= set(dir(pyauparse))
    for name in pyauparse.__all__:
        assert getattr(pyauparse, name).__name__ == name
    with pytest.raises(AttributeError, match="'nothing'"):
        getattr(pyauparse, "nothing")  # noqa: B009


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    binary = tmp_path / "binary.log"
    binary.write_bytes(bytes(range(256)))
    for path in (tmp_path / "missing.log", empty, binary):
        assert main([str(path)]) == 2
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.count("\n") == 1 and path.name in captured.err


def test_the_readable_part_of_a_truncated_archive_is_parsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "audit.log.1.gz"
    path.write_bytes(gzip.compress(LINES.encode() * 2000)[:-20])
    assert main([str(path), "--format", "json"]) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out.splitlines()[0])["serial"] == 42 and "is truncated" in captured.err


def test_a_growing_and_rotated_file(log: Path) -> None:
    def write() -> None:
        with log.open("a") as stream:
            stream.write(LINES.replace(":42)", ":43)"))
        log.rename(log.with_suffix(".log.1"))
        log.write_text(LINES.replace(":42)", ":44)"))

    threading.Timer(0.15, write).start()
    found = [event.serial for event in follow(str(log), Parser(), poll_s=0.05, idle_polls=12)]
    assert found == [42, 43, 44]


def test_only_the_standard_library_is_imported() -> None:
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]);"
        "import ingest.pyauparse, ingest.pyauparse.__main__, ingest.pyauparse.interpret;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - sys.stdlib_module_names - {'ingest'}),"
        " sorted(name for name in sys.modules if name.startswith('ingest.') and not name.startswith('ingest.pyauparse')))"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    )
    assert found.stdout.split("\n")[0] == "[] []"
