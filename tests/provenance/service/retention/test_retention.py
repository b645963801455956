"""Retention of the service: old documents are dropped unless they are pinned, in work, or of an incident that is not closed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from provenance.alerts import dead_letters
from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord, State
from provenance.cli import main
from provenance.incidents.decisions import Decision
from provenance.incidents.traced_alert import Damage, StoryStep, TracedAlert
from provenance.investigation import investigate as investigation
from provenance.retention.pins import PinRecord, pin
from provenance.service.alerts import queue
from provenance.service.alerts import triage as marks
from provenance.service.alerts.queue import Outcome
from provenance.service.app import create_app
from provenance.service.incidents import records, ties
from provenance.service.incidents import regrouping as incidents_anew
from provenance.service.incidents import storage as incident_storage
from provenance.service.incidents import updates as incidents
from provenance.service.incidents.records import INCIDENT_PREFIX
from provenance.service.jobs.deliveries import DUE, SENT, kind_of
from provenance.service.retention.leftovers import Counts, leftovers, remove_leftovers
from provenance.service.retention.rules import (
    Removal,
    Rule,
    all_documents,
    removable,
    remove,
)
from provenance.service.service import Service
from provenance.service.suppression import records as suppression
from provenance.service.suppression import storage as suppression_storage
from provenance.service.tracing import started_traces, stored_traces
from provenance.service.workers.alerts import WakeSignal, Worker
from provenance.store import open_store
from provenance.store.basis import Basis
from provenance.store.documents import Documents
from provenance.store.interface import Store
from provenance.store.neo4j import Neo4jStore
from provenance.trace.slice.budget import Budget
from tests.provenance.service.conftest import token_for
from tests.provenance.service.running import until
from tests.provenance.service.tracing.traces import chain
from tests.provenance.store.neo4j.servers import running

OLD, CUT, NEW, NOW = 1_000, 5_000, 9_000, 100_000_000
RULE = Rule(CUT)
TRACE = chain(3)


@pytest.fixture(params=["sqlite", "neo4j"])
def documents(request: pytest.FixtureRequest, empty: Store) -> Iterator[Documents]:
    """What a service keeps in a store of either kind."""
    if request.param == "sqlite":
        yield empty.documents()
        return
    server = running("lts")
    store = open_store(f"{server.uri}?case=test-{secrets.token_hex(6)}", credentials=server.credentials)
    assert isinstance(store, Neo4jStore)
    with store.writer():
        pass
    yield store.documents()
    store.drop()
    store.close()


def alert(documents: Documents, id: str, received: int = OLD, state: State = State.DONE, **found: Any) -> str:
    """An alert that was worked on."""
    body = {"file": {"sha256": f"{id:0>64}"}}
    submit(documents, [Alert(id, "ndr", id, f"title of {id}", body)], received)
    if state is not State.QUEUED:
        taken = queue.take(documents, "server")
        assert taken is not None and taken.key == id
        assert queue.finish(documents, taken, Outcome(state, replace(AlertRecord.of(taken), **found)))
    return id


def incident(documents: Documents, *ids: str, now: int = OLD, state: str = "closed", **more: Any) -> str:
    """An incident of alerts, in a state."""
    home = ""
    for id in ids:
        ties = (f"tie of {ids[0]}", "tie of all", f"tie of {id}")
        traced = TracedAlert(id, f"title of {id}", "high", 1, ties[:1] + ties[2:], {"web01": 1}, (), Damage())
        home = incidents_anew.place(documents, traced, (StoryStep(1, 1, "web01", "p1", None, "did"),), now).incident
    found = documents.get(records.INCIDENT, home)
    assert found is not None and documents.replace(found, dict(found.body) | more, state)
    return home


def pruned(documents: Documents, rule: Rule = RULE) -> Counts:
    """Drop what goes by a rule, after looking whether the same is foretold."""
    going = removable(documents, rule)
    foretold, _ = leftovers(documents, rule, NOW, going)
    gone = remove(documents, rule, going)
    counts, keys = leftovers(documents, rule, NOW, gone)
    assert counts == foretold
    remove_leftovers(documents, keys)
    assert remove(documents, rule, removable(documents, rule)) == Removal(frozenset(), frozenset(), frozenset())
    return counts


def keys(documents: Documents, kind: str) -> set[str]:
    return {document.key for document in all_documents(documents, kind)}


def test_a_closed_incident_is_dropped_completely(documents: Documents) -> None:
    made = [alert(documents, id) for id in ("a1", "a2")]
    incident(documents, *made)
    marks.change(documents, "a1", marks.Change(marks.Standing.RESOLVED, note="x"), "ann", OLD)
    empty_but = {"incident-turn"}
    assert len(documents.kinds()) > 4
    assert pruned(documents) == Counts(2, 1, 0, 0, 0, 0)
    assert set(documents.kinds()) - empty_but == set()


@pytest.mark.parametrize(
    ("state", "held"),
    [
        ("open", "it is open"),
        ("acknowledged", "somebody is at it"),
        ("closed", "pinned incident"),
        ("closed", "pinned alert"),
        ("closed", "investigated alert"),
        ("closed", "recent alert"),
        ("closed", "alert at work"),
        ("closed", "changed lately"),
    ],
)
def test_an_incident_with_a_reason_to_stay_stays_completely(empty: Store, state: str, held: str) -> None:
    documents = empty.documents()
    alert(documents, "a1")
    alert(documents, "a2", NEW if held == "recent alert" else OLD)
    home = incident(documents, "a1", "a2", now=NEW if held == "changed lately" else OLD, state=state)
    if held == "pinned incident":
        pin(documents, f"{INCIDENT_PREFIX}{home}", PinRecord("", "ann", OLD))
    elif held == "pinned alert":
        pin(documents, "a1", PinRecord("", "ann", OLD))
    elif held == "investigated alert":
        marks.change(documents, "a2", marks.Change(marks.Standing.INVESTIGATING), "ann", OLD)
    elif held == "alert at work":
        found = documents.get(ALERT, "a1")
        assert found is not None and queue.put_back(documents, found, again=True)
    assert pruned(documents) == Counts(0, 0, 0, 0, 0, 0)
    assert keys(documents, ALERT) == keys(documents, records.ALERT) == {"a1", "a2"}
    assert len(keys(documents, records.TIE)) == 2


def test_untouched_open_incidents_are_dropped_only_with_the_option(empty: Store) -> None:
    documents = empty.documents()
    ignored, noted = (incident(documents, alert(documents, id), state="open") for id in ("a1", "a2"))
    found = documents.get(records.INCIDENT, noted)
    assert found is not None and documents.replace(found, dict(found.body) | {"assignee": "ann"})
    assert pruned(documents).incidents == 0
    assert pruned(documents, Rule(CUT, untouched=True)) == Counts(1, 1, 0, 0, 0, 0)
    assert keys(documents, records.INCIDENT) == {noted} != {ignored}


def test_a_tie_that_another_incident_shares_stays(documents: Documents) -> None:
    for id, state in (("a1", "closed"), ("a2", "open")):
        incident(documents, alert(documents, id), state=state)
    shared = documents.get(records.TIE, ties.tie_key("tie of a2"))
    assert shared is not None
    gone, stays = (incident_storage.incident_of(documents, id) for id in ("a1", "a2"))
    found = documents.get(records.INCIDENT, str(gone))
    assert found is not None
    summary = dict(found.body["summary"]) | {"ties": ["tie of a1", "tie of a2"]}
    assert documents.replace(found, dict(found.body) | {"summary": summary})
    assert documents.replace(shared, {"tie": "tie of a2", "incidents": sorted([str(gone), str(stays)])})
    assert pruned(documents).incidents == 1
    assert ties.incidents_with(documents, ["tie of a1", "tie of a2"]) == {stays}


def test_alerts_in_no_incident_are_dropped_after_their_processing_ended(documents: Documents) -> None:
    for id, state in (("a1", State.DONE), ("a2", State.FAILED), ("a3", State.WAITING)):
        alert(documents, id, OLD, state)
    alert(documents, "a4", NEW, State.FAILED)
    alert(documents, "a5", OLD, State.QUEUED)
    assert pruned(documents) == Counts(2, 0, 0, 0, 0, 0)
    assert keys(documents, ALERT) == {"a3", "a4", "a5"}


def test_an_incident_that_is_reopened_during_a_prune_stays(empty: Store) -> None:
    documents = empty.documents()
    homes = [incident(documents, alert(documents, id)) for id in ("a1", "a2")]
    alert(documents, "a3")
    going = removable(documents, RULE)
    found = documents.get(records.INCIDENT, homes[0])
    lone = documents.get(ALERT, "a3")
    assert found is not None and documents.replace(found, state="open")
    assert lone is not None and queue.put_back(documents, lone)
    assert remove(documents, RULE, going) == Removal(frozenset({"a2"}), frozenset({homes[1]}), frozenset())
    assert keys(documents, ALERT) == {"a1", "a3"}


def test_a_trace_stays_as_long_as_an_alert_or_a_started_trace_refers_to_it(documents: Documents) -> None:
    id = "trace:0123456789abcdef"
    for key, stored_ms in (("r1", OLD), ("r2", OLD), ("r3", OLD), ("r4", NOW - 1_000), (id, OLD)):
        stored_traces.save(documents, key, TRACE, Basis(), stored_ms)
    documents.add(started_traces.KIND, id, {})
    alert(documents, "a1", OLD, backtrack="r1", forward="r2")
    alert(documents, "a2", NEW, backtrack="r2", forward=None)
    assert pruned(documents, Rule(CUT)) == Counts(1, 0, 2, 0, 0, 0)
    assert keys(documents, stored_traces.KIND) == {"r2", "r4", id}
    assert pruned(documents, Rule(NOW + 1)).traces == 1
    assert keys(documents, stored_traces.KIND) == {"r4", id}, (
        "what was stored within the hour may be about to be referred to"
    )
    assert with_pieces(documents) == {"r4", id}


def test_parts_without_a_trace_are_dropped(documents: Documents) -> None:
    for key, stored_ms in (("r1", OLD), ("r1", OLD), ("r2", NOW - 1_000)):
        stored_traces.save(documents, key, TRACE, Basis(), stored_ms)
        documents.remove(stored_traces.KIND, key)
    alert(documents, "a1", OLD, backtrack="r3", forward=None)
    stored_traces.save(documents, "r3", TRACE, Basis(), OLD)
    assert pruned(documents, Rule(OLD)).traces == 0
    assert with_pieces(documents) == {"r1", "r2", "r3"}
    assert pruned(documents, Rule(OLD + 1)).traces == 1
    assert with_pieces(documents) == {"r2"}


def with_pieces(documents: Documents) -> set[str]:
    """The keys of the traces of which there are pieces."""
    return {key.partition(".")[0] for key in keys(documents, stored_traces.PART)}


def test_documents_with_their_own_age_are_dropped_by_it(documents: Documents) -> None:
    letter = {"reason": "x", "place": "1", "format": None, "original": "x"}
    for key, received in (("d1", OLD), ("d2", NEW)):
        documents.add(dead_letters.KIND, key, letter | {"received": received}, rank=-received)
    stays = incident(documents, alert(documents, "a1"), state="open")
    gone = incident(documents, alert(documents, "a2"))
    for key, state, at in ((stays, SENT, OLD), (gone, SENT, OLD), ("i-late", SENT, NEW), ("i-due", DUE, OLD)):
        documents.add(kind_of("soc"), key, {"attempts": 1, "delivery": "w", "at": at}, state, -at)
    hiding, _, unused = (
        suppression_storage.create(
            documents, {"conditions": {"host": host}, "owner": "o", "reason": "r"}, end, "ann", 1
        )
        for host, end in (("web01", OLD), ("web02", NEW), ("web03", OLD))
    )
    documents.add(suppression.HIDDEN, alert(documents, "a3", NEW), {}, hiding.key)
    assert pruned(documents) == Counts(1, 1, 0, 1, 1, 1)
    assert keys(documents, dead_letters.KIND) == {"d2"}
    assert keys(documents, kind_of("soc")) == {stays, "i-late", "i-due"}
    assert unused.key not in keys(documents, suppression.RULE) and len(keys(documents, suppression.RULE)) == 2


def test_decisions_and_former_ids_are_dropped_with_their_alerts(empty: Store) -> None:
    documents = empty.documents()
    for id in ("a1", "a2", "a3", "a4"):
        incident(documents, alert(documents, id), state="open")
    for pair in (("a1", "a2"), ("a3", "a4")):
        incidents_anew.decide(documents, Decision((pair,)), "ann", OLD)
    assert len(keys(documents, records.MOVED)) == 2
    found = documents.get(records.INCIDENT, str(incident_storage.incident_of(documents, "a1")))
    assert found is not None and documents.replace(found, state="closed")
    assert pruned(documents) == Counts(2, 1, 0, 0, 0, 0)
    assert len(keys(documents, records.MOVED)) == len(incident_storage.decisions(documents)) == 1
    incidents_anew.decide(documents, Decision((("a3",), ("a4",))), "ann", NEW)
    assert [decision.groups for decision in incident_storage.decisions(documents)] == [
        (("a3", "a4"),),
        (("a3",), ("a4",)),
    ]


@contextmanager
def asking(store: Store) -> Iterator[TestClient]:
    """A client of a service in this process, which works on alerts and makes incidents of them."""
    wake_signal = WakeSignal()
    service = Service(store, wake=wake_signal.send)
    worker = Worker(service, wake_signal, (incidents.update_incidents,))
    with TestClient(
        create_app(service, worker.running), headers={"Authorization": f"Bearer {token_for(store)}"}
    ) as one:
        yield one


def test_the_command_drops_an_incident_while_the_service_runs(
    store: Store,
    tmp_path: Path,
    seed: Callable[..., dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    compiler = {"title": "a compiler", "process": None, "network": None, "file": {"path": "/var/tmp/a6777.c"}}

    def prune(*options: str) -> Any:
        words = ["prune", "--store", str(tmp_path / "graph.db"), "--before", "2100-01-01T00:00:00Z", "--format", "json"]
        assert main([*words, *options]) == 0
        return json.loads(capsys.readouterr().out)

    with asking(store) as client:
        ids = [client.post("/alerts", json=body).json()["alert"] for body in (seed(), seed("2", **compiler))]
        client.post("/alerts", content=b"{broken")
        first, second = (f"/alerts/{id}" for id in ids)
        until(lambda: all(client.get(path).json()["state"] == "done" for path in (first, second)), "done")
        home = client.get(first).json()["incident"]
        assert client.patch(f"/incidents/{home}", json={"state": "closed"}).status_code == 200
        foretold = prune("--dry-run")
        done = prune()
        assert foretold["dropped_of_service"] == done["dropped_of_service"]
        assert done["dropped_of_service"] | {"traces": 0} == Counts(1, 1, 0, 1, 0, 0)._asdict()
        assert done["kept_slices"] == 1 and done["dropped"]["entities"] > 100
        assert [client.get(path).status_code for path in (first, f"/incidents/{home}")] == [404, 404]
        assert client.get(second).json()["backtrack"]["nodes"]
        assert keys(store.documents(), ALERT) == {ids[1]}
    with asking(store) as client:
        until(lambda: client.get(second).json()["state"] == "done", "at work again")
        again = client.post("/alerts", json=seed())
        assert again.status_code == 202, "it is a new one: nothing took the old one up again"
        assert keys(store.documents(), ALERT) == set(ids)


def test_an_alert_that_is_dropped_during_its_trace_makes_no_incident(
    store: Store, seed: Callable[..., dict[str, Any]]
) -> None:
    documents = store.documents()
    submit(documents, [Alert("a1", "ndr", "1", "title", seed())], OLD)
    taken = queue.take(documents, "server")
    assert taken is not None
    found = investigation.anchor(store, AlertRecord.of(taken).alert, OLD)
    assert not isinstance(found, investigation.Unanchored)
    done = investigation.concluded(
        store, AlertRecord.of(taken).alert, found, investigation.traces(store, found, Budget(100, 100))
    )
    documents.remove(ALERT, "a1")
    incidents.update_incidents(Service(store), taken, done)
    assert documents.kinds() == ["incident-turn"]
    assert not queue.finish(documents, taken, Outcome(State.DONE, AlertRecord.of(taken)))
