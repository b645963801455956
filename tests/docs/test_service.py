"""The page on the service: its commands run in order, and it lists every setting."""

from __future__ import annotations

import lzma
import re
import shutil
import socket
import tomllib
from pathlib import Path

import pytest

from provenance.service.settings import Settings, load
from tests.conftest import ROOT
from tests.docs.test_commands import typed

PAGE = ROOT / "docs" / "service.md"
LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_the_path_leads_from_nothing_to_a_story(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed, and the page shows requests with it")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "audit.log").write_bytes(lzma.decompress(LOG.read_bytes()))
    text = PAGE.read_text("utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    commands = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    readme = re.search(r"```bash\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert readme is not None and set(readme[1].splitlines()) <= set(commands)
    script = "\n".join(commands).replace("/var/log/audit", str(logs)).replace("8080", str(free_port()))
    done = typed(f"set -e; trap 'kill %1; wait' EXIT\n{script}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert '"status":"ok"' in done.stdout and '"state":"queued"' in done.stdout
    assert re.search(r'data: .*"state":"DONE","verdict":"198\.51\.100\.23 entered through ', done.stdout)
    assert "Start      bash -i (pid 7184, uid 0) on web01" in done.stdout
    verdict = re.search(r'"verdict":"([^"]*)"', done.stdout)
    assert verdict is not None
    begin, end = re.findall(
        r"^198\.51\.100\.23 entered .*?(?= \[…\])|(?<=\[…\] ).*?host\.$", text, re.DOTALL | re.MULTILINE
    )
    assert verdict[1].startswith(begin) and verdict[1].endswith(end.replace("\n", " "))


def test_the_page_lists_every_setting_with_its_default(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    file = tmp_path / "serve.toml"
    file.write_text(block[1], "utf-8")
    assert load(file, {}) == Settings()
    assert tomllib.loads(block[1]).keys() == set(Settings.__dataclass_fields__)
