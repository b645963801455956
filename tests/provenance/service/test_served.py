"""The service over HTTP: from an alert to its story, and a burst of alerts while servers are killed."""

from __future__ import annotations

import json
import re
import secrets
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.record import KIND as ALERT
from provenance.cli.times import parse_time
from provenance.ingest.clock import at_ms, rfc3339
from provenance.investigation import anchoring
from provenance.investigation import investigate as investigation
from provenance.render.as_json import trace_json
from provenance.store.interface import Store
from provenance.trace.slice.budget import DEFAULT
from tests.provenance.service.conftest import Place, token_for
from tests.provenance.service.running import PATIENCE_S, Running, all_alerts, serving, states, until

Seed = Callable[..., dict[str, Any]]


def done(running: Running, id: str) -> dict[str, Any]:
    """An alert once it is worked on."""
    until(lambda: running.client.get(f"/alerts/{id}").json()["state"] in {"done", "failed"}, f"{id} done")
    found: dict[str, Any] = running.client.get(f"/alerts/{id}").json()
    return found


def test_an_alert_is_traced_without_a_request(either: tuple[Store, Place], tmp_path: Path, seed: Seed) -> None:
    store, place = either
    body = seed(secrets.token_hex(4))
    with serving(place.address, tmp_path, token_for(store), None, *place.options) as running:
        first = running.client.post("/alerts", json=body)
        assert (first.status_code, first.json()["state"]) == (202, "queued")
        assert set(first.json()) == {"alert", "state"}
        id = first.json()["alert"]
        found = done(running, id)
        again = running.client.post("/alerts", json=body)
        assert (again.status_code, again.json()["alert"]) == (200, id)
        assert len(running.logged("work on an alert ended")) == 1
        assert found["state"] == "done" and found["reason"] is None and "incident" in found
        assert running.client.get(f"/alerts/{id}/story").text.startswith("Start      bash -i ")
        for steps, least in ((1, 1), (2, 2), (60, 10)):
            told = running.client.get(f"/alerts/{id}/story", params={"steps": steps}).text
            shown = re.findall(r"(?m)^ {11}\d\d:\d\d:\d\d\.\d{3}  ", told)
            assert least <= len(shown) <= steps
        for invalid in ("0", "61", "-1", "all", "1e9"):
            answer = running.client.get(f"/alerts/{id}/story", params={"steps": invalid})
            assert answer.status_code == 422 and "steps" in answer.text
        assert running.end() == 0
    alert = Alert(id, "ndr", body["id"], body["title"], body)
    anchored = anchoring.anchoring(store, alert)
    backward, forward = investigation.traces(store, anchored, DEFAULT)
    assert forward is not None
    for name, trace in (("backtrack", backward), ("forward", forward)):
        expected = json.loads(json.dumps(trace_json(trace)))
        assert found[name] | {"query": None} == expected | {"query": None}
        assert found[name]["query"] == expected["query"] | {"alert": id}
    assert found["backtrack"]["query"]["at"] == rfc3339(parse_time(body["time"])) and at_ms(0) == 0
    best = found["anchor"]["candidates"][0]
    assert best["node"] in found["backtrack"]["query"]["start"] and best["edge"] is not None and best["reason"]
    assert found["verdict"].startswith("198.51.100.23 entered through /usr/bin/java ")
    assert "`bash -i`" in found["verdict"]
    assert ", 10 seconds before this alert, ran " in found["verdict"]
    assert found["verdict"].endswith(", and reached no other host.")


def burst(seed: Seed, count: int) -> str:
    """Alerts that each start somewhere else, so that each is work."""
    start = parse_time(seed()["time"])
    rest = {"network": None, "process": {"command": "bash -i"}}
    alerts = (seed(f"b{number}", time=rfc3339(start + 7 * (number % 20)), **rest) for number in range(count))
    return "\n".join(map(json.dumps, alerts))


def test_a_burst_survives_a_server_that_is_killed(store: Store, place: Place, tmp_path: Path, seed: Seed) -> None:
    token = token_for(store)
    with serving(place.address, tmp_path, token) as running:
        accepted = running.client.post("/alerts", content=burst(seed, 200))
        assert accepted.status_code == 202
        ids = [alert["alert"] for alert in accepted.json()["alerts"]]
        until(lambda: states(running.client).get("done", 0) >= 10, "some done", 0.2)
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        finished = running.logged("work on an alert ended")
    with serving(place.address, tmp_path, token) as running:
        until(lambda: states(running.client) == {"done": 200}, "all done", 0.5)
        found = all_alerts(running.client)
        finished += running.logged("work on an alert ended")
        assert running.end() == 0
    assert sorted(alert["alert"] for alert in found) == sorted(ids)
    assert len(set(ids)) == 200
    assert max(Counter(record["alert"] for record in finished).values()) == 1
    assert all(record["state"] == "done" for record in finished)


def test_a_burst_survives_a_server_that_is_killed_beside_its_store(
    on_server: tuple[Store, Place], tmp_path: Path, seed: Seed
) -> None:
    store, place = on_server
    token, prefix = token_for(store), secrets.token_hex(4)
    start = parse_time(seed()["time"])
    bodies = [seed(f"{prefix}-{number}", time=rfc3339(start + 7 * (number % 5))) for number in range(16)]
    with serving(place.address, tmp_path, token, None, *place.options) as running:
        accepted = running.client.post("/alerts", content="\n".join(map(json.dumps, bodies))).json()["alerts"]
        ids = {alert["alert"] for alert in accepted}
        until(lambda: len(running.logged("work on an alert ended")) >= 3, "some done")
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        finished = running.logged("work on an alert ended")
    with serving(place.address, tmp_path, token, None, *place.options) as running:
        documents = store.documents()
        until(lambda: all(one and one.state == "done" for one in documents.get_many(keys(ids))), "all done", 0.2)
        finished += running.logged("work on an alert ended")
        assert running.end() == 0
    assert len(ids) == 16
    counted = Counter(record["alert"] for record in finished if record["alert"] in ids)
    assert max(counted.values()) == 1


def keys(ids: set[str]) -> list[tuple[str, str]]:
    """Where the documents of alerts are."""
    return [(ALERT, id) for id in sorted(ids)]


def test_two_servers_share_a_store(either: tuple[Store, Place], tmp_path: Path, seed: Seed) -> None:
    store, place = either
    token, prefix = token_for(store), secrets.token_hex(4)
    with (
        serving(place.address, tmp_path, token, None, *place.options) as one,
        serving(place.address, tmp_path, token, {"PROVENANCE_SERVICE_PROCESSES": "0"}, *place.options) as other,
    ):
        ids = set()
        for number in range(20):
            response = (one, other)[number % 2].client.post("/alerts", json=seed(f"{prefix}-{number}"))
            ids.add(response.json()["alert"])
        until(
            lambda: all(alert["state"] == "done" for alert in all_alerts(one.client) if alert["alert"] in ids), "done"
        )
        finished = [*one.logged("work on an alert ended"), *other.logged("work on an alert ended")]
        assert one.logged("a helper process started") and not other.logged("a helper process started")
        assert one.end() == other.end() == 0
    counted = Counter(record["alert"] for record in finished if record["alert"] in ids)
    assert set(counted) == ids and set(counted.values()) == {1}


def test_a_stop_puts_running_alerts_back_into_the_queue(store: Store, place: Place, tmp_path: Path, seed: Seed) -> None:
    token = token_for(store)
    with serving(place.address, tmp_path, token, {"PROVENANCE_SERVICE_STOP_S": "0"}) as running:
        running.client.post("/alerts", content=burst(seed, 60))
        assert running.end() == 0
    counts = store.documents().counts(ALERT)
    assert sum(counts.values()) == 60
    assert set(counts) <= {"queued", "done"}
    assert not store.documents().page("server")


def test_a_stop_while_the_store_is_still_being_warmed_up_is_a_stop(
    either: tuple[Store, Place], tmp_path: Path, seed: Seed
) -> None:
    store, place = either
    settings = {"PROVENANCE_SERVICE_STOP_S": "0"}
    with serving(place.address, tmp_path, token_for(store), settings, *place.options) as running:
        running.client.post("/alerts", content=burst(seed, 40))
        assert running.end() == 0
        assert "Traceback" not in running.log.read_text("utf-8")


def test_a_stop_ends_the_service_whatever_a_request_waits_for(
    store: Store, place: Place, tmp_path: Path, seed: Seed
) -> None:
    """A request that writes waits a minute for the store, which another program has locked; the stop does not."""
    settings = {"PROVENANCE_SERVICE_STOP_S": "0", "PROVENANCE_SERVICE_END_S": "1", "PROVENANCE_SERVICE_WORKERS": "0"}
    locked = sqlite3.connect(place.address, isolation_level=None)
    with serving(place.address, tmp_path, token_for(store), settings) as running:
        until(lambda: running.client.get("/readyz").status_code == 200, "warm")
        locked.execute("BEGIN IMMEDIATE")
        waits = threading.Thread(target=_post_in_vain, args=(running, burst(seed, 1)))
        waits.start()
        until(lambda: "POST /alerts" in running.log.read_text("utf-8"), "received")
        assert running.end() == 0
        assert locked.in_transaction and running.logged("the stop was forced: work did not end in time")
        waits.join()
    locked.close()


def _post_in_vain(running: Running, body: str) -> None:
    with pytest.raises(httpx.TransportError):
        running.client.post("/alerts", content=body)


def test_subscriptions_end_when_the_service_stops(store: Store, place: Place, tmp_path: Path) -> None:
    settings = {"PROVENANCE_SERVICE_STOP_S": "100"}
    with serving(place.address, tmp_path, token_for(store), settings) as running:
        headers = {"Accept": "text/event-stream"}
        body = {"query": "subscription { ingestProgress { events } }"}
        with running.client.stream("POST", "/graphql", json=body, headers=headers) as answer:
            lines = answer.iter_lines()
            assert next(line for line in lines if line.startswith("data:"))
            running.process.send_signal(signal.SIGTERM)
            assert "event: complete" in list(lines)
        assert running.process.wait(PATIENCE_S) == 0
        assert "Traceback" not in running.log.read_text("utf-8")


def test_requests_are_logged_with_their_sender(store: Store, place: Place, tmp_path: Path, seed: Seed) -> None:
    token, trail = token_for(store), tmp_path / "audit.jsonl"
    with serving(place.address, tmp_path, token, {"PROVENANCE_SERVICE_AUDIT_LOG": str(trail)}) as running:
        id = running.client.post("/alerts", json=seed()).json()["alert"]
        running.client.get(f"/alerts/{id}", params={"x": "\x1b[2J"})
        assert running.end() == 0
        assert running.logged("request") == []
    records = [json.loads(line) for line in trail.read_text("ascii").splitlines()]
    who = f"token {token.split('_')[1]}"
    assert [(record["who"], record["what"]) for record in records] == [
        (who, "POST /alerts"),
        (who, f"GET /alerts/{id}"),
    ]
    assert token not in trail.read_text("ascii")


def test_it_listens_only_on_loopback_while_no_token_exists(place: Place, tmp_path: Path) -> None:
    from tests.docs.test_commands import typed

    rejected = typed(f"provenance serve --store {place.address} --bind 0.0.0.0 --port 0", tmp_path)
    assert rejected.returncode == 2
    assert "bind: 0.0.0.0" in rejected.stderr and "token" in rejected.stderr


def test_settings_name_the_key(place: Place, tmp_path: Path) -> None:
    from tests.docs.test_commands import typed

    (tmp_path / "serve.toml").write_text('workers = "two"\n', "utf-8")
    rejected = typed(f"provenance serve --store {place.address} --config serve.toml", tmp_path)
    assert (rejected.returncode, rejected.stderr) == (
        *(2, "provenance: serve.toml: workers: invalid value 'two': expected a whole number\n"),
    )
