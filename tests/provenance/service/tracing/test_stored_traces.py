"""Stored traces: complete in every store, replaced at once for readers, and stored anew after an upgrade."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from provenance.alerts.alert import Alert
from provenance.alerts.intake import submit
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord, State, visible_state
from provenance.service.alerts import queue
from provenance.service.alerts.queue import Outcome
from provenance.service.alerts.retracing import retrace
from provenance.service.jobs.servers import Servers
from provenance.service.retention.rules import all_documents
from provenance.service.service import Service
from provenance.service.tracing import started_traces, stored_traces
from provenance.service.tracing.start import StartedTrace
from provenance.service.tracing.tracer import Tracer
from provenance.service.tracing.wire import PART_SIZE
from provenance.service.workers.keeper import Keeper
from provenance.store.basis import AllHostsBasis, Basis
from provenance.store.documents import Document, Documents
from provenance.store.interface import Store
from provenance.trace.result import Trace
from tests.provenance.service.concurrent import ConcurrentlyChanged
from tests.provenance.service.tracing.test_started import REQUEST
from tests.provenance.service.tracing.traces import chain

BASIS = Basis(all=AllHostsBasis(1))


@pytest.fixture
def documents(either: tuple[Store, object]) -> Iterator[Documents]:
    """Documents of a store of each kind. Others may have stored traces there under other keys."""
    found = either[0].documents()
    yield found
    stored_traces.remove(found, "r1")
    assert not parts_of(found), "all_documents piece goes with its trace"


def parts_of(documents: Documents) -> list[Document]:
    """The pieces of everything that was stored under `r1`."""
    return [part for part in all_documents(documents, stored_traces.PART) if part.key.startswith("r1.")]


def save(documents: Documents, trace: Trace, key: str = "r1") -> None:
    stored_traces.save(documents, key, trace, BASIS, 5)


@pytest.mark.parametrize("length", [1, PART_SIZE, 2 * PART_SIZE + 7])
def test_a_trace_round_trips_through_bounded_documents(documents: Documents, length: int) -> None:
    trace = chain(length)
    save(documents, trace)
    assert Tracer().load(documents, "r1") == trace
    assert Tracer().load(documents, "r2") is None
    assert Tracer().load(documents, None) is None
    parts = parts_of(documents)
    assert all(len(part.body["nodes"]) + len(part.body["edges"]) <= PART_SIZE for part in parts)
    assert len(parts) == -(-length // PART_SIZE) + -(-(length - 1) // PART_SIZE)


def test_a_trace_that_is_stored_again_replaces_the_former_one(documents: Documents) -> None:
    tracer = Tracer()
    for length in (3, 500, 2):
        save(documents, chain(length))
        assert tracer.load(documents, "r1") == chain(length)


def test_a_read_during_a_replacement_returns_one_complete_trace(store: Store) -> None:
    documents, traces, ended = store.documents(), [chain(3), chain(PART_SIZE + 1)], threading.Event()
    save(documents, traces[0])

    def store_again() -> None:
        for number in range(60):
            save(documents, traces[number % 2])
        ended.set()

    writing = threading.Thread(target=store_again)
    writing.start()
    while not ended.is_set():
        assert Tracer().load(documents, "r1") in traces
    writing.join()


def test_a_trace_is_stored_although_the_former_one_is_removed_meanwhile(documents: Documents) -> None:
    save(documents, chain(3))
    changed = ConcurrentlyChanged(documents, "get", lambda: stored_traces.remove(documents, "r1"))
    stored_traces.save(changed, "r1", chain(2), BASIS, 6)
    assert Tracer().load(documents, "r1") == chain(2)


def test_a_trace_is_stored_although_another_server_stores_one_meanwhile(documents: Documents) -> None:
    save(documents, chain(3))
    changed = ConcurrentlyChanged(documents, "replace", lambda: save(documents, chain(5)), 2)
    stored_traces.save(changed, "r1", chain(2), BASIS, 6)
    assert Tracer().load(documents, "r1") == chain(2)
    assert len(parts_of(documents)) == 2


def test_a_trace_that_others_store_again_and_again_is_left_to_them(store: Store) -> None:
    documents = store.documents()
    save(documents, chain(3))
    changed = ConcurrentlyChanged(documents, "replace", lambda: save(documents, chain(5)), 1_000)
    stored_traces.save(changed, "r1", chain(2), BASIS, 6)
    assert Tracer().load(documents, "r1") == chain(5)
    assert len(parts_of(documents)) == 2, "nothing is left of the other"


def test_only_the_named_trace_is_removed(documents: Documents) -> None:
    save(documents, chain(3))
    stored_traces.remove(documents, "r2")
    assert Tracer().load(documents, "r1") == chain(3)


def test_a_trace_with_missing_parts_is_not_returned(documents: Documents) -> None:
    save(documents, chain(3))
    documents.remove_all([(stored_traces.PART, part.key) for part in parts_of(documents)])
    assert Tracer().load(documents, "r1") is None


def test_results_of_an_earlier_form_are_traced_anew_once(empty: Store) -> None:
    documents = empty.documents()
    former = done(documents, "a1", backtrack="r1", forward="r2", verdict="it came in", computed=3)
    for key in ("r1", "r2"):
        documents.add("trace", key, {"trace": {}, "computed_from": {}})
    save(documents, chain(2), "r3")
    done(documents, "a2", backtrack="r3", forward=None)
    id = started_traces.start(documents, REQUEST, "test", 1)
    assert id is not None and started_traces.take(documents, "me") is not None
    document = started_traces.get(documents, id)
    assert document is not None
    documents.replace(document, {**document.body, "head": {}, "pieces": 1}, started_traces.State.DONE.value)
    documents.add("started-trace-piece", f"{id}:000000", {})

    woken = threading.Event()
    keeper = Keeper(Service(empty), Servers(), lambda: nullcontext(frozenset()), woken.set)
    keeper.tick()

    assert woken.is_set() and not retrace(documents)
    again = documents.get(ALERT, former)
    assert again is not None and visible_state(again) is State.QUEUED
    assert (again.body["verdict"], again.body["computed"]) == ("it came in", 3)
    alert = documents.get(ALERT, "a2")
    assert alert is not None and alert.state == State.DONE.value
    assert [found.key for found in documents.page(started_traces.KIND, started_traces.State.QUEUED.value)] == [id]
    assert not documents.page("trace") and not documents.page("started-trace-piece")
    taken = started_traces.take(documents, "me")
    assert taken is not None and StartedTrace.of(taken).request == REQUEST


def done(documents: Documents, id: str, **found: Any) -> str:
    """An alert that was traced."""
    submit(documents, [Alert(id, "ndr", id, id, {})], 1)
    taken = queue.take(documents, "server")
    assert taken is not None
    assert queue.finish(
        documents, taken, Outcome(State.DONE, replace(AlertRecord.of(taken), computed_from=BASIS, **found))
    )
    return id
