"""`script/neo4j.py` starts a server of the project and touches no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.provenance.store.neo4j.servers import Running


def script(*words: str, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if cache is not None:
        environment["PROVENANCE_CACHE"] = str(cache)
    command = [sys.executable, str(ROOT / "script" / "neo4j.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_starting_a_running_server_changes_nothing(server: Running) -> None:
    before = script("status", "--line", server.line)
    assert before.returncode == 0 and server.uri in before.stdout
    again = script("start", "--line", server.line)
    assert (again.returncode, again.stdout) == (0, before.stdout)


def test_only_the_owner_can_read_the_password(server: Running) -> None:
    assert server.credentials.stat().st_mode & 0o777 == 0o600
    user, password = server.credentials.read_text(encoding="utf-8").splitlines()
    assert user == "neo4j" and len(password) >= 20
    assert password not in script("status", "--line", server.line).stdout


def test_a_stopped_server(tmp_path: Path) -> None:
    status = script("status", cache=tmp_path)
    assert status.returncode == 3 and "is not running" in status.stdout
    assert script("stop", cache=tmp_path).returncode == 0


def test_a_foreign_process_is_not_our_server(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        folder = tmp_path / "neo4j" / "lts"
        folder.mkdir(parents=True)
        (folder / "pid").write_text(f"{stranger.pid}\n", encoding="utf-8")
        assert script("stop", cache=tmp_path).returncode == 0
        assert stranger.poll() is None
        stranger.kill()
