"""Servers: which count as dead, and what happens to their leases."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord, State
from provenance.service.alerts import queue
from provenance.service.jobs import servers
from provenance.service.jobs.servers import KIND, Servers
from provenance.service.service import Service
from provenance.service.settings import Settings
from provenance.service.workers.keeper import Keeper
from provenance.store.basis import AllHostsBasis, Basis
from provenance.store.documents import Document, Documents
from provenance.store.fingerprint import fingerprint
from provenance.store.interface import Store


def record_of(documents: Documents, id: str) -> Document:
    found = documents.get(KIND, id)
    assert found is not None
    return found


def test_a_server_is_alive_from_start_to_stop(empty: Store) -> None:
    documents, one, other = empty.documents(), Servers(), Servers()
    assert not one.is_alive(documents, other.id)
    other.begin(documents)
    assert one.is_alive(documents, other.id) and one.is_alive(documents, other.id)
    other.end(documents)
    assert not one.is_alive(documents, other.id)


def test_an_ended_process_of_this_machine_is_dead_at_once(empty: Store) -> None:
    documents, one, other = empty.documents(), Servers(), Servers()
    other.begin(documents)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    body = dict(record_of(documents, other.id).body) | {"pid": process.pid, "started": servers._start_of(process.pid)}
    documents.replace(record_of(documents, other.id), body)
    assert one.is_alive(documents, other.id)
    process.kill()
    process.wait()
    assert not one.is_alive(documents, other.id)
    assert documents.get(KIND, other.id) is None


def test_another_process_with_the_same_pid_is_not_the_server(empty: Store) -> None:
    documents, one = empty.documents(), Servers()
    one.begin(documents)
    machine = record_of(documents, one.id).body["machine"]
    documents.add(KIND, "before", {"machine": machine, "pid": os.getpid(), "started": servers._start_of(os.getpid())})
    documents.add(KIND, "older", {"machine": machine, "pid": os.getppid(), "started": "1"})
    assert not one.is_alive(documents, "before")
    assert not one.is_alive(documents, "older")
    assert one.is_alive(documents, one.id)
    one.end(documents)


def test_a_server_on_another_machine_is_dead_after_a_minute_without_a_sign(empty: Store) -> None:
    now = [1000.0]
    documents, one = empty.documents(), Servers(lambda: now[0])
    documents.add(KIND, "far", {"machine": "another", "pid": 1, "started": "1"})
    assert one.is_alive(documents, "far")
    now[0] += 59
    assert one.is_alive(documents, "far")
    documents.replace(record_of(documents, "far"))
    now[0] += 59
    assert one.is_alive(documents, "far")
    now[0] += 61
    assert not one.is_alive(documents, "far")


def test_alerts_of_a_dead_server_go_back_into_the_queue(empty: Store) -> None:
    documents, one = empty.documents(), Servers()
    one.begin(documents)
    for number in range(3):
        submit(documents, [Alert(f"a{number}", "ndr", str(number), "t")], number)
    owners = ("dead", one.id, one.id)
    taken = [queue.take(documents, owner) for owner in owners]
    assert all(taken)
    woken: list[None] = []
    looking = Keeper(Service(empty), one, lambda: nullcontext(frozenset({"a1"})), lambda: woken.append(None))
    looking.tick()
    states = {document.key: document.state for document in documents.page(ALERT)}
    assert states == {"a0": "queued", "a1": "running", "a2": "queued"}
    assert woken
    one.end(documents)


def test_results_of_older_alerts_are_computed_again_less_often(empty: Store) -> None:
    now = [1_795_000_000_000]
    documents, one = empty.documents(), Servers()
    service = Service(empty, Settings(recompute_after_s=60), clock=lambda: now[0])
    looking = Keeper(service, one, lambda: nullcontext(frozenset()), lambda: None)
    for key, age_ms in (("young", 1_000), ("old", 3_600_000)):
        submit(documents, [Alert(key, "ndr", key, "t")], now[0] - age_ms)
        taken = queue.take(documents, one.id)
        assert taken is not None
        record = AlertRecord.of(taken)
        findings = replace(record, computed=now[0], computed_from=Basis(all=AllHostsBasis(5)), backtrack="r")
        assert queue.finish(documents, taken, queue.Outcome(State.DONE, findings))

    def put_back(after_ms: int) -> set[str]:
        now[0] += after_ms
        looking._recompute(documents, fingerprint([]))
        return {document.key for document in documents.page(ALERT, "queued")}

    assert put_back(59_000) == set()
    assert put_back(2_000) == {"young"}
    assert put_back(290_000) == {"young"}
    assert put_back(10_000) == {"young", "old"}
