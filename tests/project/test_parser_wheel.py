"""The parser as a wheel of its own: for every platform, installed alone, with nothing but the standard library."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINE = b"type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e syscall=59 success=yes exit=0 items=0 pid=5 uid=0\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    done = subprocess.run([*command, str(ROOT / "ingest" / "pyauparse")], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", str(wheel)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return python


def test_it_is_for_every_platform_and_requires_nothing(wheel: Path) -> None:
    assert wheel.name.startswith("pyauparse-") and wheel.name.endswith("-py3-none-any.whl")
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    required = [line for line in archive.read(metadata).decode().split("\n") if line.startswith("Requires-Dist")]
    assert all("extra ==" in line for line in required)


def test_it_holds_every_file_of_the_parser_and_nothing_else(wheel: Path) -> None:
    source = ROOT / "ingest" / "pyauparse"
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    left_out = {"pyproject.toml", "README.md", "LICENSE"}
    assert inside == {f"pyauparse/{path.relative_to(source)}" for path in files if path.name not in left_out}


def test_it_is_imported_as_pyauparse(alone: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pyauparse\n"
        "parser = pyauparse.Parser()\n"
        "[event] = parser.feed(sys.stdin.buffer.read()) + parser.close()\n"
        "print(event.serial, event.records[0].interpreted['syscall'])\n"
    )
    done = subprocess.run([alone, "-I", "-c", code], input=LINE, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.split() == [b"42", b"execve"]


@pytest.mark.parametrize("command", [["bin/python", "-m", "pyauparse"], ["bin/pyauparse"]])
def test_its_command_runs(alone: Path, tmp_path: Path, command: list[str]) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(LINE)
    program = [str(alone.parent.parent / command[0]), *command[1:]]
    done = subprocess.run([*program, str(log), "--format", "json"], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(done.stdout)["serial"] == 42
