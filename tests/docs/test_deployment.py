"""deploy/ and the pages on deployment and backup: their commands run, their files are valid and fit the program."""

from __future__ import annotations

import json
import lzma
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from provenance.cli.overview import COMMANDS
from provenance.service.settings import Settings, load
from tests.conftest import ROOT
from tests.docs.test_commands import typed

DEPLOY = ROOT / "deploy"
LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
UNITS = sorted(path.name for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))


def test_a_backup_is_made_checked_and_restored_as_the_page_says(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("the command sqlite3 is not installed, and the page makes a backup with it")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "audit.log").write_bytes(lzma.decompress(LOG.read_bytes()))
    text = (ROOT / "docs" / "backup.md").read_text("utf-8")
    blocks = re.findall(r"^ *```console\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    commands = [line.strip()[2:] for block in blocks for line in block.splitlines()]
    script = "\n".join(["set -e", *commands]).replace("/var/log/audit", str(logs))
    done = typed(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the stores are equal" in done.stdout
    assert "0 new events of web01" in done.stdout, "the restored store continues where the backup ended"
    tokens = [
        typed(f"provenance token list --store {name} --format json", tmp_path) for name in ("case.db", "backup.db")
    ]
    listed = [json.loads(one.stdout)["tokens"] for one in tokens]
    assert listed[0] == listed[1] and len(listed[0]) == 1


def test_the_page_names_every_file() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    assert [path.name for path in sorted(DEPLOY.iterdir()) if f"`{path.name}`" not in page] == []


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_valid_and_runs_a_command_that_exists(unit: str, tmp_path: Path) -> None:
    text = (DEPLOY / unit).read_text("utf-8")
    started = re.findall(r"^ExecStart=/opt/provenance/bin/provenance (\S+)", text, re.MULTILINE)
    assert unit.endswith(".timer") or (len(started) == 1 and started[0] in COMMANDS)
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for name in UNITS:
        content = (DEPLOY / name).read_text("utf-8").replace("/opt/provenance/bin/provenance", "/bin/true")
        (tmp_path / name).write_text(content, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)], capture_output=True, encoding="utf-8"
    )
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd-analyze cannot run here")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_sample_settings_are_valid_with_all_of_their_lines(tmp_path: Path) -> None:
    assert load(DEPLOY / "service.toml", {}).port == Settings().port
    text = (DEPLOY / "service.toml").read_text("utf-8")
    file = tmp_path / "service.toml"
    file.write_text(re.sub(r"^# (?=\w+ = |\[)", "", text, flags=re.MULTILINE), "utf-8")
    settings = load(file, {})
    assert settings.graphql.graphiql and settings.jwt.issuer and settings.alert_hosts


def test_nginx_accepts_its_part(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:18443; include {DEPLOY / 'nginx.conf'}; }} }}\n",
        "utf-8",
    )
    done = subprocess.run([nginx, "-t", "-c", str(file)], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_caddy_accepts_its_file() -> None:
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed")
    words = ["caddy", "adapt", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    (server,) = json.loads(done.stdout)["apps"]["http"]["servers"].values()
    assert server["routes"][0]["match"] == [{"host": ["provenance.example.org"]}]


def test_the_lock_file_fits_the_requirements() -> None:
    text = (DEPLOY / "requirements.lock").read_text("utf-8")
    locked = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))
    hashed = re.findall(
        r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE
    )
    assert hashed == list(locked)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    for requirement in map(Requirement, needed):
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert requirement.specifier.contains(locked[name]), requirement


def test_the_container_installs_the_lock_file_and_starts_a_command() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    assert "--require-hashes" in text and "deploy/requirements.lock" in text
    command = re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert command is not None
    words = [*json.loads(command[1]), "--help"]
    done = subprocess.run([sys.executable, "-m", "provenance", *words], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
