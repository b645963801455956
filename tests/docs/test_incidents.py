"""The page on incidents: its commands run in order, its numbers are those of the program, and its receiver works."""

from __future__ import annotations

import lzma
import re
import shutil
import time
import tomllib
from pathlib import Path

import pytest

from provenance.incidents import hubs, links
from provenance.incidents.score import SEVERITY_POINTS
from provenance.service.jobs.deliveries import LEASES
from provenance.service.suppression.rules import CONDITIONS
from provenance.service.webhooks.targets import Hook, Webhook, read_targets, signature
from tests.conftest import ROOT
from tests.docs.test_commands import typed
from tests.docs.test_service import LOG, free_port

TEXT = (ROOT / "docs" / "incidents.md").read_text("utf-8")
DONE = """until ask http://127.0.0.1:8080/alerts | grep -o '"state":"done"' | wc -l | grep -qx 3; do sleep 0.2; done"""
HIDDEN = """until ask http://127.0.0.1:8080/suppressed | grep -q '"id":"4"'; do sleep 0.2; done"""
"""A person types more slowly than a trace takes."""
NUMBERS = "zero one two three four five six seven eight nine ten"


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_path_leads_from_alerts_to_incidents_decisions_and_rules(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed, and the page shows requests with it")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "audit.log").write_bytes(lzma.decompress(LOG.read_bytes()))
    blocks = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
    commands = [line[2:] for found in blocks for line in found.splitlines() if line.startswith("$ ")]
    listing = next(number for number, command in enumerate(commands) if "state=open" in command)
    rules = next(number for number, command in enumerate(commands) if command.endswith("/suppressions"))
    commands[rules:rules] = [HIDDEN]
    commands[listing:listing] = [DONE]
    script = "\n".join(commands).replace("/var/log/audit", str(logs)).replace("8080", str(free_port()))
    done = typed(f"set -e; trap 'kill %1; wait' EXIT\n{script}", tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]
    listed = (tmp_path / "listed.json").read_text("ascii")
    assert [int(count) for count in re.findall(r'"alerts":(\d+)', listed)] == [2, 1]
    assert re.search(r'"incidents":\["i[0-9a-f]{16}","i[0-9a-f]{16}"\]', done.stdout)
    assert '"state":"acknowledged"' in done.stdout and '"assignee":"ann"' in done.stdout
    assert '"hidden":1' in done.stdout and '"owner":"build team"' in done.stdout


def test_the_numbers_on_the_page_are_those_of_the_program() -> None:
    assert ", ".join(f"{name} {points:g}" for name, points in SEVERITY_POINTS.items()) in TEXT
    assert f"more than {hubs.CHILDREN} others" in TEXT
    assert f"more than {hubs.READERS} processes read" in TEXT
    assert f"more than {hubs.SENDERS} processes send" in TEXT
    assert f"at most {links.MOST} ties" in TEXT
    assert f"within {links.ANSWERED_MS // 1000} seconds" in TEXT
    assert f"after {NUMBERS.split()[LEASES.attempts]} attempts" in TEXT
    assert all(f"`{name}`" in TEXT for name in CONDITIONS)


def test_the_receiver_on_the_page_accepts_only_signed_notifications() -> None:
    scope: dict[str, object] = {}
    exec(compile(block("python"), "docs/incidents.md", "exec"), scope)
    is_ours = scope["is_ours"]
    assert callable(is_ours)
    now = int(time.time())
    assert is_ours(b"secret", signature(b"secret", now, b"body"), b"body")
    assert not is_ours(b"secret", signature(b"secret", now, b"body"), b"other")
    assert not is_ours(b"secret", signature(b"other", now, b"body"), b"body")
    assert not is_ours(b"secret", signature(b"secret", now - 3600, b"body"), b"body")
    assert not is_ours(b"secret", "", b"body")
    assert not is_ours(b"secret", "t=²,v1=é", b"body")


def test_the_settings_on_the_page_are_settings(tmp_path: Path) -> None:
    (tmp_path / "soc.secret").write_text("0123456789abcdef\n", "ascii")
    (tmp_path / "ca.pem").write_text("", "ascii")
    table = (
        block("toml").replace("soc.secret", str(tmp_path / "soc.secret")).replace("ca.pem", str(tmp_path / "ca.pem"))
    )
    configured = read_targets(tomllib.loads(table)["outgoing"])
    assert [type(target) for target in configured.targets] == [Webhook, Hook]
    assert (configured.settle_ms, configured.least_score) == (5_000, 30.0)
