"""The documents: their commands run, and the picture in the README is what today's program prints."""

from __future__ import annotations

import lzma
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

_LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
_PICTURE = re.compile(r"(?<=```text\n\$ provenance demo\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
DOCUMENTS = ("README.md", "docs/usage.md", "docs/hunts.md", "docs/retention.md", "docs/bulk-load.md")


def typed(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a shell does with a command, in a folder."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("PROVENANCE_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=known | {"PATH": path, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_run(document: str, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "audit.log").write_bytes(lzma.decompress(_LOG.read_bytes()))
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / document).read_text("utf-8"), re.DOTALL)
    commands = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    assert commands
    for command in commands:
        done = typed(command.replace("/var/log/audit", str(logs)), tmp_path)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        assert done.stdout, command


def test_the_picture_is_what_the_demonstration_prints(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    readme = ROOT / "README.md"
    done = typed("provenance demo", tmp_path)
    assert done.returncode == 0, done.stderr
    text = readme.read_text("utf-8")
    if pytestconfig.getoption("--rewrite-goldens"):
        text = _PICTURE.sub(lambda _: done.stdout, text, count=1)
        readme.write_text(text, "utf-8")
    shown = _PICTURE.search(text)
    assert shown is not None
    assert shown.group() == done.stdout, "run with --rewrite-goldens and read the README"


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_every_block_of_code_is_closed(page: Path) -> None:
    fences = [line for line in page.read_text("utf-8").splitlines() if line.startswith("```")]
    assert len(fences) % 2 == 0
    assert all(len(opening) > 3 for opening in fences[::2]), "a block that does not say what it holds, or a lost fence"
    assert all(closing == "```" for closing in fences[1::2])


def test_the_readme_gives_the_two_commands_and_ci_runs_the_second() -> None:
    blocks = re.findall(r"^```sh\n(.*?)\n```$", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks == ["script/demo", "script/test"]
    last = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
    assert last == f'exec {blocks[1]} "$@" </dev/null'


def test_the_index_names_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.*"):
        assert page.name == "README.md" or f"]({page.relative_to(ROOT / 'docs')})" in index, page.name


def test_the_scripts_can_be_run() -> None:
    for script in ("script/demo", "script/test", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK), script
