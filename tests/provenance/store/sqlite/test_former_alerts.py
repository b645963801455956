"""A store of schema 2, whose alerts were in a separate table: after the migration each is found once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from provenance.alerts.hashes import alerts_with_hash
from provenance.alerts.intake import submit
from provenance.alerts.record import AlertRecord, State, alerts_by_id, every
from provenance.cli import main
from provenance.service.app import create_app
from provenance.service.service import Service
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.store import open_store
from provenance.store.documents import Documents
from provenance.store.sqlite.migrations import MIGRATIONS
from tests.provenance.service.conftest import token_for
from tests.provenance.service.running import until
from tests.provenance.store.former.opening import former
from tests.provenance.store.sqlite.conftest import make_read_only

STATES = {"by-command": "done", "over-http": "done", "waiting": "waiting", "unseen": "queued"}


def states(documents: Documents) -> dict[str, str]:
    """The state of each alert, by the id that its source gave it."""
    return {AlertRecord.of(document).alert.external_id: document.state for document in every(documents)}


def test_every_alert_is_found_once(tmp_path: Path) -> None:
    path = former(tmp_path)
    for _ in range(2):
        with closing(open_store(str(path))) as store:
            documents = store.documents()
            assert {AlertRecord.of(one).alert.external_id: one.state for one in every(documents)} == STATES
            (unseen,) = every(documents, State.QUEUED)
            record = AlertRecord.of(unseen)
            assert (unseen.key, unseen.rank) == (record.alert.id, record.rank())
            assert record == AlertRecord(record.alert, record.received, "command")
            assert record.alert.body["severity"] == "high" and record.alert.title == "a daemon connects out (unseen)"
            assert [alert.id for alert in alerts_by_id(documents, "unseen")] == [record.alert.id]
            assert [one.key for one in alerts_with_hash(documents, f"sha256:{'a' * 64}")] == [record.alert.id]
            (done, _) = every(documents, State.DONE)
            assert AlertRecord.of(done).verdict and AlertRecord.of(done).candidates
            assert not submit(documents, [record.alert], 0)[0].new
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE '%alert%'").fetchone() == (0,)


def test_the_commands_find_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = former(tmp_path)
    for id in STATES.keys() - {"waiting"}:
        assert main(["find", "--store", str(path), "--alert", id, "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["entities"][0]["command"].startswith("kworker -c")
    assert main(["prune", "--store", str(path), "--before", "2100-01-01T00:00:00Z", "--format", "json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["kept_slices"] == 3 and len(done["unexplained_alerts"]) == 1


def test_a_service_continues_them(tmp_path: Path) -> None:
    store = open_store(str(former(tmp_path)))
    wake_signal = WakeSignal()
    service = Service(store, wake=wake_signal.send)
    with TestClient(
        create_app(service, Worker(service, wake_signal).running),
        headers={"Authorization": f"Bearer {token_for(store)}"},
    ) as client:

        def found() -> dict[str, str]:
            return {one["id"]: one["state"] for one in client.get("/alerts").json()["alerts"]}

        until(lambda: found() == STATES | {"unseen": "done"}, "the one that no service had seen is traced")
        for one in client.get("/alerts").json()["alerts"]:
            assert client.get(f"/alerts/{one['alert']}").json()["state"] == one["state"]
        (letter,) = client.get("/dead-letters").json()["dead_letters"]
        assert letter["reason"] == "title missing"
        (incident,) = client.get("/incidents").json()["incidents"]
        assert incident["alerts"] == 2
    store.close()


def test_a_read_only_store_shows_them(folder_to_lock: Path) -> None:
    path = former(folder_to_lock)
    before = path.read_bytes()
    make_read_only(folder_to_lock)
    with closing(open_store(str(path), create=False)) as store:
        documents = store.documents()
        assert states(documents) == STATES
        assert documents.counts("alert") == {"done": 2, "queued": 1, "waiting": 1}
        (unseen,) = every(documents, State.QUEUED)
        assert documents.get("alert", unseen.key) == unseen
    assert path.read_bytes() == before
