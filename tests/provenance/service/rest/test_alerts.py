"""Alerts through the application in this process: waiting, failed and changed alerts, and dead letters."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from provenance.alerts import dead_letters
from provenance.alerts.alert import Alert
from provenance.alerts.intake import MOST_DEAD_LETTERS, submit
from provenance.alerts.reader import FollowingReader
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord, State, every
from provenance.cli import main
from provenance.ingest.clock import at_ms, rfc3339
from provenance.ingest.facts import Batch, Entity
from provenance.ingest.identity import EntityKind, format_id
from provenance.intake.run import ingest
from provenance.service.alerts import queue
from provenance.service.app import create_app
from provenance.service.auth.tokens import Scope
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.workers import keeper
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.store.interface import Store
from tests.conftest import ROOT
from tests.provenance.service.conftest import token_for
from tests.provenance.service.running import until

Seed = Callable[..., dict[str, Any]]
LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"


@contextmanager
def asking(store: Store, settings: Settings = Settings(), **more: Any) -> Iterator[TestClient]:  # noqa: B008
    """A client of an application whose workers run."""
    wake_signal = WakeSignal()
    service = Service(store, settings, wake=wake_signal.send, **more)
    app = create_app(service, Worker(service, wake_signal).running)
    with TestClient(app, headers={"Authorization": f"Bearer {token_for(store)}"}) as client:
        yield client


def reaches(client: TestClient, id: str, *states: str) -> dict[str, Any]:
    """The alert, once it is in one of some states."""
    until(lambda: client.get(f"/alerts/{id}").json()["state"] in states, f"{id} in {states}")
    found: dict[str, Any] = client.get(f"/alerts/{id}").json()
    return found


def post(client: TestClient, body: dict[str, Any]) -> str:
    """Submit an alert and return its id."""
    answer = client.post("/alerts", json=body)
    assert answer.status_code == 202, answer.text
    id: str = answer.json()["alert"]
    return id


def split_log(folder: Path, until_ms: int) -> tuple[Path, Path]:
    """The bundled log in two files: what was logged before a time, and the rest."""
    lines = lzma.decompress(LOG.read_bytes()).splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if b"msg=audit(" in line and _ms(line) >= until_ms)
    first, second = folder / "audit.log.1", folder / "audit.log"
    first.write_bytes(b"".join(lines[:at]))
    second.write_bytes(b"".join(lines[at:]))
    return first, second


def _ms(line: bytes) -> int:
    seconds, _, rest = line.partition(b"msg=audit(")[2].partition(b".")
    return int(seconds) * 1000 + int(rest[:3])


ALERT_MS = 1_795_490_938_271


def test_an_alert_ahead_of_its_log_waits_for_it(empty: Store, seed: Seed) -> None:
    with asking(empty) as client:
        id = post(client, seed())
        waiting = reaches(client, id, "waiting")
        assert "web01" in waiting["reason"] and waiting["backtrack"] is None and waiting["verdict"] == ""
        assert waiting["anchor"] == {"candidates": []}
        ingest(empty, [str(LOG)])
        found = reaches(client, id, "done")
        assert found["reason"] is None and " entered through " in found["verdict"]
        assert found["changes"] == []


def test_alerts_are_traced_while_a_log_is_read(store: Store, seed: Seed) -> None:
    with asking(store) as client, store.writer() as writer:
        writer.apply(Batch("web02"))
        id = post(client, seed())
        assert reaches(client, id, "done")["verdict"]
        writer.apply(Batch("web03"))


def test_a_longer_log_changes_the_result_and_lists_the_changes(empty: Store, seed: Seed, tmp_path: Path) -> None:
    first, second = split_log(tmp_path, ALERT_MS + 1_000)
    ingest(empty, [str(first)])
    with asking(empty, Settings(recompute_after_s=0.0)) as client:
        id = post(client, seed())
        before = reaches(client, id, "done")
        ingest(empty, [str(first), str(second)])
        until(lambda: client.get(f"/alerts/{id}").json()["changes"] != [], "changes")
        after = reaches(client, id, "done")
    assert len(after["forward"]["nodes"]) > len(before["forward"]["nodes"])
    texts = [change["text"] for change in after["changes"]]
    number = len(after["forward"]["nodes"])
    assert any(text.startswith(f"the forward trace now has {number} entities, before ") for text in texts)
    assert after["computed"] > before["computed"]
    (then,), (now,) = before["computed_from"], after["computed_from"]
    assert then["host"] == now["host"] == "web01"
    assert then["first"] == now["first"] and then["last"] < now["last"]


def test_the_verdict_says_that_the_log_ends_before_the_alert(empty: Store, seed: Seed, tmp_path: Path) -> None:
    first, second = split_log(tmp_path, ALERT_MS + 1_000)
    ingest(empty, [str(first)])
    late = seed(network=None, time=rfc3339(ALERT_MS + 5_000))
    with asking(empty, Settings(recompute_after_s=0.0)) as client:
        id = post(client, late)
        verdict = reaches(client, id, "done")["verdict"]
        assert " entered through " in verdict and verdict.endswith(" so far, before this alert.")
        assert " The log of web01 ends at 2026-11-24T03:28:59." in verdict
        ingest(empty, [str(first), str(second)])
        until(lambda: "so far" not in client.get(f"/alerts/{id}").json()["verdict"], "all of it")


def test_an_alert_without_a_match_fails_with_a_reason_when_the_log_continues(store: Store, seed: Seed) -> None:
    with asking(store) as client:
        nothing = post(
            client, seed("2", process={"command": "no such program"}, network=None, time="2026-11-24T03:28:30Z")
        )
        nobody = post(client, seed("3", host="elsewhere"))
        empty = post(client, {"source": "ndr", "id": "4", "title": "nothing named", "host": "web01"})
        failed = reaches(client, nothing, "failed")
        assert "no such program" in failed["reason"] and "well after the alert" in failed["reason"]
        assert "elsewhere" in reaches(client, nobody, "waiting")["reason"]
        assert "names no process, file, peer, user or event" in reaches(client, empty, "failed")["reason"]
        assert client.post(f"/alerts/{empty}/retry").status_code == 202
        reaches(client, empty, "failed")
        assert client.get(f"/alerts/{nothing}/story").status_code == 404


def test_an_alert_is_traced_again_when_its_hosts_name_becomes_known(
    store: Store, seed: Seed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "_NAMES_S", 0.05)
    table = tmp_path / "hosts.toml"
    table.write_text("[hosts]\n")
    with asking(store, alerts=FollowingReader(None, table)) as client:
        waiting = post(client, seed("1", host="i-0a1b"))
        by_agent = post(client, seed("2", host="somewhere", agent="007"))
        renamed = post(client, seed("3", host="i-9"))
        for id in (waiting, by_agent, renamed):
            assert "no log of host" in reaches(client, id, "waiting")["reason"]
        table.write_text("[hosts\n")
        table.write_text('[hosts]\n"i-0a1b" = "web01"\n"ndr:007" = "WEB01"\n')
        for id in (waiting, by_agent):
            assert reaches(client, id, "done")["host"].lower() == "web01"
        assert reaches(client, renamed, "waiting")["host"] == "i-9"
        stored = {document.key: AlertRecord.of(document).alert.body["host"] for document in every(store.documents())}
        assert stored == {waiting: "web01", by_agent: "WEB01", renamed: "i-9"}
    table.write_text('[hosts]\n"i-9" = "web01"\n')
    with asking(store, alerts=FollowingReader(None, table)) as client:
        assert reaches(client, renamed, "done")["host"] == "web01", "the table changed while no server ran"
        assert reaches(client, waiting, "waiting")["host"] == "i-0a1b", "and no longer says this"


def test_an_alert_is_traced_again_when_a_host_gets_its_address(empty: Store, seed: Seed) -> None:
    now = at_ms(ALERT_MS)
    born = Entity(77, EntityKind.PROCESS, "web07", now, {"pid": 7, "command": "bash -i", "argv": ["bash", "-i"]})
    with empty.writer() as writer:
        writer.apply(Batch("web07", entities=[born], first=now, last=at_ms(ALERT_MS + 600_000)))
    with asking(empty) as client:
        id = post(client, seed(host="10.9.9.9", network=None))
        reaches(client, id, "waiting")
        with empty.writer() as writer:
            writer.describe_host("web07", ["10.9.9.9"], 0)
            writer.apply(Batch("web07", last=at_ms(ALERT_MS + 700_000)))
        assert "by its address" in reaches(client, id, "done")["anchor"]["candidates"][0]["reason"]


def test_later_and_better_evidence_changes_the_anchor_and_is_listed(empty: Store, seed: Seed) -> None:
    def born(id: int, pid: int, ms: int) -> Entity:
        return Entity(id, EntityKind.PROCESS, "web01", at_ms(ms), {"pid": pid, "command": "bash -i"})

    with empty.writer() as writer:
        first = ALERT_MS - 300_000
        writer.apply(Batch("web01", entities=[born(70, 700, first)], first=at_ms(first), last=at_ms(first + 1_000)))
    with asking(empty, Settings(recompute_after_s=0.0)) as client:
        id = post(client, seed(network=None))
        before = reaches(client, id, "done")
        assert before["verdict"].endswith(" so far, before this alert.")
        assert before["anchor"]["candidates"][0]["node"] == format_id(EntityKind.PROCESS, 70)
        with empty.writer() as writer:
            late = at_ms(ALERT_MS + 120_000)
            writer.apply(Batch("web01", entities=[born(71, 711, ALERT_MS - 500)], first=at_ms(ALERT_MS), last=late))
        until(lambda: client.get(f"/alerts/{id}").json()["changes"] != [], "changes")
        after = reaches(client, id, "done")
    assert after["anchor"]["candidates"][0]["node"] == format_id(EntityKind.PROCESS, 71)
    assert not after["verdict"].endswith(" so far, before this alert.")
    texts = [change["text"] for change in after["changes"]]
    assert any(text.startswith("the alert is now about ") and "711" in text and "700" in text for text in texts), texts


def test_an_alert_fails_after_the_longest_wait(empty: Store, seed: Seed) -> None:
    now = [1_795_000_000_000]
    with asking(empty, Settings(wait_for_log_h=1), clock=lambda: now[0]) as client:
        id = post(client, seed())
        reaches(client, id, "waiting")
        now[0] += 2 * 3_600_000
        client.post(f"/alerts/{id}/retry")
        assert "the alert waited 2 h" in reaches(client, id, "failed")["reason"]


def test_an_alert_that_a_command_submitted_is_traced_under_the_names_of_the_service(
    store: Store, seed: Seed, tmp_path: Path
) -> None:
    table = tmp_path / "hosts.toml"
    table.write_text('[hosts]\n"i-0a1b" = "web01"\n')
    path, graph = tmp_path / "alert.json", str(tmp_path / "graph.db")
    path.write_text(json.dumps(seed("by-command", host="i-0a1b")))
    with asking(store, alerts=FollowingReader(None, table)) as client:
        assert main(["alert", str(path), "--store", graph]) == 0
        (id,) = (document.key for document in every(store.documents()))
        found = reaches(client, id, "done")
        assert (found["host"], bool(found["verdict"])) == ("web01", True)
        until(lambda: 'provenance_alerts_received_total{what="command"} 1.0' in client.get("/metrics").text, "counted")
        assert main(["find", "--store", graph, "--alert", post(client, seed("over-http"))]) == 0


def test_a_dead_letter_is_stored_and_can_be_read_again(store: Store, seed: Seed) -> None:
    good = seed("7")
    body = json.dumps(good) + "\n{broken\n"
    with asking(store) as client:
        rejected = client.post("/alerts", content=b'{"source": "ndr", \xff')
        assert rejected.status_code == 422 and rejected.json()["detail"]
        mixed = client.post("/alerts", content=body)
        assert mixed.status_code == 202
        assert len(mixed.json()["alerts"]) == 1 and "invalid JSON" in mixed.json()["refused"][0]["reason"]
        assert client.post("/alerts", content=body).status_code == 200
        letters = client.get("/dead-letters").json()["dead_letters"]
        assert len(letters) == 2
        assert {letter["original"].strip() for letter in letters} == {"{broken", '{"source": "ndr", \udcff'}
        letter = letters[0]["dead_letter"]
        assert client.post(f"/dead-letters/{letter}/retry").status_code == 422
        assert client.post(f"/dead-letters/{letter}/retry", params={"format": "none"}).status_code == 400
        assert client.post("/dead-letters/none/retry").status_code == 404
        assert client.get("/dead-letters/none").status_code == 404


def test_an_alert_that_was_read_in_a_wrong_format_is_traced_once_its_dead_letter_is_read_in_its_own(
    store: Store, seed: Seed
) -> None:
    with asking(store) as client:
        assert client.post("/alerts", params={"format": "wazuh"}, json=seed("7")).status_code == 422
        (letter,) = client.get("/dead-letters").json()["dead_letters"]
        path = f"/dead-letters/{letter['dead_letter']}/retry"
        (alert,) = client.post(path, params={"format": "provenance"}).json()["alerts"]
        assert reaches(client, alert["alert"], "done")["verdict"]
        assert client.get("/dead-letters").json()["dead_letters"] == []


def test_the_list_of_dead_letters_shows_their_beginnings(empty: Store) -> None:
    long = "{" + "x" * 5000
    with asking(empty) as client:
        client.post("/alerts", content=long)
        (brief,) = client.get("/dead-letters").json()["dead_letters"]
        assert (brief["original"], brief["length"]) == (long[:1000], len(long))
        assert client.get(f"/dead-letters/{brief['dead_letter']}").json()["original"] == long


def test_of_very_many_dead_letters_the_first_are_listed_and_stored(empty: Store) -> None:
    body = "\n".join(f"line {number}" for number in range(MOST_DEAD_LETTERS + 5)).encode()
    with asking(empty) as client:
        answer = client.post("/alerts", content=body)
        assert answer.status_code == 422
        assert (len(answer.json()["refused"]), answer.json()["more_refused"]) == (MOST_DEAD_LETTERS, 5)
    assert empty.documents().counts(dead_letters.KIND) == {"": MOST_DEAD_LETTERS}


def test_hostile_text_round_trips(store: Store, seed: Seed) -> None:
    title = "\x1b[31m\u202e \udcff <script>"
    with asking(store) as client:
        body = json.dumps(seed("8", title=title)).encode("ascii")
        id = client.post("/alerts", content=body).json()["alert"]
        found = client.get(f"/alerts/{id}")
        assert found.json()["title"] == title
        assert found.content.isascii()


def test_pages_continue_after_the_last_one(store: Store, seed: Seed) -> None:
    with asking(store, Settings(workers=0)) as client:
        ids = {post(client, seed(str(number), severity="low")) for number in range(7)}
        first = post(client, seed("urgent", severity="critical"))
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = client.get("/alerts", params={"limit": 3, "state": "queued", "after": after}).json()
            found += [alert["alert"] for alert in page["alerts"]]
            after = page["next"]
        assert found[0] == first and set(found[1:]) == ids and len(found) == 8
        assert client.get("/alerts", params={"state": "done"}).json() == {"alerts": [], "next": None}
        for wrong in ({"after": "???"}, {"limit": "0"}, {"state": "lost"}):
            assert client.get("/alerts", params=wrong).status_code in {400, 422}


def test_every_route_with_data_needs_a_token(store: Store) -> None:
    open_ones = {"/healthz", "/readyz", "/metrics", "/openapi.json"}
    with asking(store, Settings(workers=0)) as client:
        del client.headers["Authorization"]
        document = client.get("/openapi.json").json()
        attempts = 0
        for path, operations in document["paths"].items():
            for method in operations.keys() & {"get", "post", "put", "patch", "delete"}:
                answer = client.request(method, re.sub(r"\{\w+\}", "x", path))
                if path not in open_ones:
                    attempts += 1
                    assert answer.status_code == 401, (method, path)
        assert attempts >= 6
        narrow = {"Authorization": f"Bearer {token_for(store, Scope.READ)}"}
        assert client.post("/alerts", content=b"{}", headers=narrow).status_code == 403
        narrow = {"Authorization": f"Bearer {token_for(store, Scope.ALERT)}"}
        assert client.get("/alerts", headers=narrow).status_code == 403


def test_the_size_of_a_body_is_limited_without_content_length_too(store: Store) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * 500

    with asking(store, Settings(workers=0, body_bytes=2_000)) as client:
        assert client.post("/alerts", content=b" " * 5_000).status_code == 413
        assert client.post("/alerts", content=chunks()).status_code == 413
        assert client.post("/alerts", content=b" " * 1_000).status_code == 422


def test_an_alert_that_no_server_completes_is_given_up(store: Store, seed: Seed) -> None:
    documents = store.documents()
    submit(documents, [Alert("a1", "ndr", "1", "t", seed())], 1)
    for _ in range(queue.LEASES.attempts):
        taken = queue.take(documents, "a dead server")
        assert taken is not None and taken.state == "running"
        assert queue.take(documents, "another") is None
        assert queue.put_back(documents, taken)
    assert queue.take(documents, "another") is None
    failed = documents.get(ALERT, "a1")
    assert failed is not None and failed.state == "failed" and "gave up" in failed.body["reason"]


def test_severe_alerts_are_traced_first_then_older_ones(store: Store) -> None:
    documents = store.documents()
    for number, severity in enumerate(["low", "high", None, "critical", "high", "medium"]):
        submit(documents, [Alert(f"a{number}", "ndr", str(number), "t", {"severity": severity})], number)
    order = []
    while (taken := queue.take(documents, "me")) is not None:
        order.append(taken.key)
    assert order == ["a3", "a1", "a4", "a2", "a5", "a0"]


def test_a_worker_that_lost_its_lease_writes_nothing(store: Store) -> None:
    documents = store.documents()
    submit(documents, [Alert("a1", "ndr", "1", "t")], 1)
    taken = queue.take(documents, "slow")
    assert taken is not None
    queue.put_back(documents, taken)
    other = queue.take(documents, "fast")
    assert other is not None
    outcome = queue.Outcome(State.DONE, replace(AlertRecord.of(taken), verdict="mine"))
    assert not queue.finish(documents, taken, outcome)
    assert queue.finish(documents, other, outcome)
