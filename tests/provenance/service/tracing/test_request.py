"""Traces that another process makes: they equal our own, and they end when no caller waits for them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from provenance.errors import Stopped, StoreError, StoreUnreachable
from provenance.ingest.clock import LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.service.settings import Settings
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.request import TraceRequest, request_from_json
from provenance.service.tracing.watched_store import WatchedStore
from provenance.service.workers.processes import Processes
from provenance.store import open_store
from provenance.store.interface import Direction, Store
from provenance.trace.slice.budget import MOST_STEPS, Budget
from tests.provenance.service.graphql.questions import library_trace
from tests.provenance.service.running import PATIENCE_S, until

TRAP, FAULT = 7, 8
THREADS = 4


class Trapping(WatchedStore):
    """A store in which a walk that comes to one entity never ends, and that fails when a walk comes to another one."""

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        if FAULT in frontier:
            raise StoreUnreachable("the store fails")
        if TRAP not in frontier:
            yield from super().expand(direction, frontier, limit)
        while TRAP in frontier:
            yield Flow(FlowKind.REACHED, TRAP, TRAP, LAST, LAST, 1, b"")


def trapping(path: str) -> Store:
    return Trapping(open_store(path, create=False), Brake(None))


@pytest.fixture(scope="module")
def path(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(shutil.copy(filled, tmp_path_factory.mktemp("helper")))


@pytest.fixture(scope="module")
def processes(path: str) -> Iterator[Processes]:
    """One that traces, in a store with a trap."""
    tracing = Processes(Settings(stop_s=1), partial(trapping, path))
    with tracing.running():
        assert tracing.warm.wait(PATIENCE_S)
        yield tracing


def wanted_of(store: Store) -> TraceRequest:
    slice_ = library_trace(store).slice
    start = {id: slice_.bounds[id] for id in slice_.start}
    return TraceRequest(Direction.BACKWARD, start, slice_.at, Budget(10_000, 100_000))


def test_the_process_makes_the_same_trace(processes: Processes, store: Store) -> None:
    watched = WatchedStore(store, Brake(None))
    assert processes.trace(wanted_of(store), watched) == library_trace(store)
    assert not watched.calls, "nothing was read here"
    assert watched.progress.entities > 0 and watched.progress.path


def test_without_a_running_process_no_trace_is_returned(path: str, store: Store) -> None:
    none = Processes(Settings(), partial(trapping, path))
    assert none.trace(wanted_of(store), WatchedStore(store, Brake(None))) is None


def stop_when_seen(watched: WatchedStore, brake: Brake) -> None:
    until(lambda: watched.progress.runs > 0, "seen")
    brake.stop()


def test_work_ends_when_the_caller_stops_waiting(processes: Processes, store: Store) -> None:
    trap = TraceRequest(Direction.BACKWARD, {TRAP: LAST}, None, Budget())
    for _ in range(THREADS + 1):
        brake = Brake(None)
        watched = WatchedStore(store, brake)
        waiting = threading.Thread(target=stop_when_seen, args=(watched, brake))
        waiting.start()
        with pytest.raises(Stopped):
            processes.trace(trap, watched)
        waiting.join()
    assert processes.trace(wanted_of(store), WatchedStore(store, Brake(None))) is not None, "a thread is free there"


def test_an_error_of_the_store_there_is_an_error_here(processes: Processes, store: Store) -> None:
    faulty = TraceRequest(Direction.BACKWARD, {FAULT: LAST}, None, Budget())
    with pytest.raises(StoreError, match="trace failed in a helper process: the store fails"):
        processes.trace(faulty, WatchedStore(store, Brake(None)))
    assert processes.trace(wanted_of(store), WatchedStore(store, Brake(None))) is not None, "it goes on"


@pytest.mark.parametrize("budget", [Budget(), Budget(5, 6, 7)])
@pytest.mark.parametrize("steps", [MOST_STEPS, 7, None])
def test_a_trace_request_round_trips(budget: Budget, steps: int | None) -> None:
    wanted = TraceRequest(Direction.FORWARD, {2**63: LAST, 1: 0}, None, budget, steps)
    assert request_from_json(wanted.as_json()) == wanted


def test_traces_with_other_numbers_of_steps_are_stored_under_other_keys() -> None:
    start = {1: 0}
    keys = [TraceRequest(Direction.FORWARD, start, None, Budget(), steps).key for steps in (MOST_STEPS, 7, None)]
    assert len(set(keys)) == 3 and keys[0] == TraceRequest(Direction.FORWARD, start, None, Budget()).key


def test_a_killed_process_is_reported_and_replaced(processes: Processes, store: Store) -> None:
    watched = WatchedStore(store, Brake(None))
    (link,) = processes._links

    def kill() -> None:
        until(lambda: watched.progress.runs > 0, "seen")
        link.process.kill()

    killing = threading.Thread(target=kill)
    killing.start()
    with pytest.raises(StoreError, match="ended"):
        processes.trace(TraceRequest(Direction.BACKWARD, {TRAP: LAST}, None, Budget()), watched)
    killing.join()
    until(lambda: processes.trace(wanted_of(store), watched) is not None, "another")
