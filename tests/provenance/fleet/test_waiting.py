"""Clients of one host that wait for a listener of another: in which order they are accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.script import Actor, Script
from tests.provenance.intake.logs import write_log
from tests.provenance.recordings.recordings import ingested, run

EDGE, APP = "10.0.0.1", "10.0.0.2"
OUTSIDE = ("203.0.113.9", 8443)


def call(edge: Script, app: Script, clients: list[Actor], server: Actor, apart: int = 0) -> None:
    """The clients call, then the server accepts as many, `apart` ms after each call or all at once."""
    for client in clients:
        client.sockets(10)
        client.connects(10, APP, 8080)
        edge.wait(apart)
    app.ms = edge.ms
    for number in range(len(clients)):
        server.accepts(3, 5 + number, EDGE, 40_000 + app.serial)
        app.wait(apart)
    edge.ms = app.ms = max(edge.ms, app.ms) + 3_000


@pytest.mark.parametrize(("programs", "apart", "doubted"), [(2, 0, True), (1, 0, False), (2, 1_000, False)])
def test_clients_that_wait_together_are_joined_in_order_and_with_a_doubt(
    tmp_path: Path, programs: int, apart: int, doubted: bool
) -> None:
    edge, app = Script(node="edge"), Script(node="app")
    clients = [edge.process(100 + number, 99, "proxyd", "/usr/sbin/proxyd") for number in range(programs)]
    server = app.process(300, 299, "appd", "/usr/sbin/appd")
    for number in range(6):
        call(edge, app, [clients[number % programs]], server)
    last = [clients[0], clients[-1]]
    if apart:
        for client in last:
            call(edge, app, [client], server)
    else:
        call(edge, app, last, server)
    shell = server.forks(400)
    shell.execs("/bin/sh", "sh")
    shell.sockets(9)
    shell.connects(9, *OUTSIDE)
    logs = [write_log(tmp_path / f"{script.node}.log", script.text()) for script in (edge, app)]
    store = ingested(tmp_path / "s.db", logs)
    code, text = run("backtrack", "--store", store, "--remote", OUTSIDE[0], "--format", "json")
    assert code == 0
    trace = json.loads(text)
    hosts = {node["id"]: node["host"] for node in trace["nodes"]}
    joins = [one for one in trace["edges"] if one["kind"] == "REACHED" and hosts[one["source"]] == "edge"]
    assert len(joins) == 8
    unsure = [one for one in joins if "another client waited" in (one.get("detail") or {}).get("reason", "")]
    assert len(unsure) == (2 if doubted else 0)
    assert all(one["confidence"] <= 0.5 for one in unsure)
