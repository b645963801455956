"""Started traces as documents: killed servers and stopped traces."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from dataclasses import replace

import pytest

from provenance.errors import StoreError, StoreUnreachable
from provenance.investigation.selecting import StartSelection
from provenance.service.jobs.servers import Servers
from provenance.service.service import Service
from provenance.service.tracing import started_traces, stored_traces
from provenance.service.tracing.start import StartedTrace, StartRequest
from provenance.service.tracing.started_traces import State
from provenance.service.tracing.tracer import Tracer
from provenance.service.tracing.watched_store import Progress
from provenance.service.workers.keeper import Keeper
from provenance.service.workers.traces import StartedWork
from provenance.store.documents import Document, Documents
from provenance.store.interface import Direction, Store
from provenance.trace.slice.budget import Budget
from tests.provenance.service.faulty import Faulty
from tests.provenance.service.graphql.endless import Endless
from tests.provenance.service.graphql.questions import ALERT, library_trace
from tests.provenance.service.running import PATIENCE_S, until

START = StartSelection(command=ALERT.command, remote_ip=ALERT.remote_ip, remote_port=ALERT.remote_port)
REQUEST = StartRequest(Direction.BACKWARD, START, 1_795_490_938_271, Budget(10_000, 100_000), 100.0)


def start_one(documents: Documents, now_ms: int = 1) -> str:
    id = started_traces.start(documents, REQUEST, "test", now_ms)
    assert id is not None
    return id


def take_one(documents: Documents, owner: str = "me") -> Document:
    found = started_traces.take(documents, owner)
    assert found is not None
    return found


def state(documents: Documents, id: str) -> str:
    found = started_traces.get(documents, id)
    assert found is not None
    return found.state


def part_count(documents: Documents) -> int:
    return len(documents.page(stored_traces.PART))


def test_the_oldest_started_trace_is_taken_first_by_one_worker(store: Store) -> None:
    documents = store.documents()
    second, first = start_one(documents, 2), start_one(documents, 1)
    assert [take_one(documents).key, take_one(documents).key] == [first, second]
    assert started_traces.take(documents, "other") is None


def test_a_result_is_stored_completely(either: tuple[Store, object]) -> None:
    documents = either[0].documents()
    id, trace = start_one(documents), library_trace(either[0])
    assert started_traces.finish(documents, take_one(documents), trace, 1)
    done = started_traces.get(documents, id)
    assert done is not None and done.state == State.DONE.value
    assert Tracer().load(documents, id) == trace


def test_a_request_is_read_as_it_was_written(store: Store) -> None:
    documents = store.documents()
    document = started_traces.get(documents, start_one(documents))
    assert document is not None and StartedTrace.of(document).request == REQUEST


def test_a_started_trace_of_dead_servers_is_retried_and_given_up(store: Store) -> None:
    documents, living = store.documents(), Servers()
    living.begin(documents)
    keeper = Keeper(Service(store), living, lambda: nullcontext(frozenset()), lambda: None)
    id = start_one(documents)
    for _ in range(started_traces.LEASES.attempts):
        assert take_one(documents, "dead").key == id
        keeper.look_for_orphans()
        keeper.tick_of_helper()
    failed = started_traces.get(documents, id)
    assert failed is not None and failed.state == State.FAILED.value
    failure = StartedTrace.of(failed).failure
    assert failure is not None and failure.code == "INTERNAL"
    living.end(documents)


def test_a_stopped_trace_leaves_no_documents(store: Store) -> None:
    documents, trace = store.documents(), library_trace(store)
    id = start_one(documents)
    work = started_traces.report(documents, take_one(documents), Progress(3, 4))
    assert work is not None and StartedTrace.of(work).progress == Progress(3, 4)
    assert started_traces.stop(documents, id)
    assert started_traces.report(documents, work, Progress(5, 6)) is None
    assert not started_traces.finish(documents, work, trace, 1)
    assert (state(documents, id), part_count(documents)) == ("stopped", 0)
    assert not started_traces.stop(documents, id)
    assert not started_traces.put_back(documents, work)


def test_parts_of_the_current_owner_stay(store: Store) -> None:
    documents, trace = store.documents(), library_trace(store)
    id = start_one(documents)
    slow = take_one(documents)
    assert started_traces.put_back(documents, slow)
    assert started_traces.finish(documents, take_one(documents, "other"), trace, 1)
    assert not started_traces.finish(documents, slow, trace, 1)
    done = started_traces.get(documents, id)
    assert done is not None and done.state == State.DONE.value
    assert Tracer().load(documents, id) == trace


def test_the_numbers_of_running_and_stored_traces_are_limited(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(started_traces, "MOST_ENDED", 2)
    documents, trace = store.documents(), library_trace(store)
    ids = [start_one(documents, number) for number in range(started_traces.MOST_OPEN)]
    assert started_traces.start(documents, REQUEST, "test", 1) is None
    for _ in ids:
        assert started_traces.finish(documents, take_one(documents), trace, 1)
    some = part_count(documents) // len(ids)
    started_traces.remove_old(documents)
    assert [id for id in ids if started_traces.get(documents, id) is not None] == ids[-2:]
    assert part_count(documents) == 2 * some
    assert start_one(documents)


def test_a_stop_puts_the_trace_back_without_counting_an_attempt(store: Store) -> None:
    documents = store.documents()
    id, endless = start_one(documents), Endless(store)
    work = StartedWork(Service(endless), "me", threading.Lock())
    thread = threading.Thread(target=work.step, daemon=True)
    thread.start()
    until(lambda: endless.given > 0, "traced")
    assert work.leased_keys() == {id}
    work.stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive() and work.leased_keys() == set()
    back = started_traces.get(documents, id)
    assert back is not None and (back.state, back.body["attempts"]) == ("queued", 0)
    assert not work.step(), "nothing is taken any more"


def test_a_server_that_stops_puts_back_what_it_still_traces(store: Store) -> None:
    documents = store.documents()
    id, endless = start_one(documents), Endless(store)
    work = StartedWork(Service(endless), "me", threading.Lock())
    thread = threading.Thread(target=work.step, daemon=True)
    thread.start()
    until(lambda: endless.given > 0, "traced")
    work.put_back()
    back = started_traces.get(documents, id)
    assert back is not None and (back.state, back.body["attempts"]) == ("queued", 0)
    work.stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert started_traces.get(documents, id) == back, "who has lost it writes nothing"


@pytest.mark.parametrize(("kind", "attempts"), [(StoreUnreachable, 0), (StoreError, 1)])
def test_a_trace_that_fails_by_the_store_goes_back_and_is_traced_again(
    store: Store, kind: type[StoreError], attempts: int
) -> None:
    documents = store.documents()
    id = start_one(documents)
    work = StartedWork(Service(Faulty(store, "expand", kind=kind, times=1)), "me", threading.Lock())
    assert work.step()
    back = started_traces.get(documents, id)
    assert back is not None and (back.state, back.body["attempts"]) == ("queued", attempts)
    assert work.step() and not work.step()
    assert Tracer().load(documents, id) == library_trace(store)


@pytest.mark.parametrize("steps", [7, None])
def test_the_steps_of_a_request_are_stored(steps: int | None) -> None:
    request = replace(REQUEST, steps=steps)
    assert StartRequest.of(json.loads(json.dumps(request.as_json()))) == request
    assert StartRequest.of(REQUEST.as_json()[:5]) == REQUEST, "as the version before stored it"
