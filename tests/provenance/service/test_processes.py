"""The processes that trace beside the one that answers: what becomes of them and of their work when either is killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from functools import partial
from pathlib import Path

from provenance.service import queue, started
from provenance.service.processes import Processes
from provenance.service.settings import Settings
from provenance.store.interface import Store
from tests.provenance.service.conftest import Place, token_for
from tests.provenance.service.graphql.questions import library_trace
from tests.provenance.service.running import PATIENCE_S, Running, serving, states, until
from tests.provenance.service.test_served import Seed, burst
from tests.provenance.service.test_started import ASKED


def pids(running: Running) -> list[int]:
    """The processes that were started, the last one last."""
    return [record["pid"] for record in running.said("a process traces")]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_that_is_killed_loses_nothing(store: Store, place: Place, tmp_path: Path, seed: Seed) -> None:
    with serving(place.address, tmp_path, token_for(store)) as running:
        assert running.client.post("/alerts", content=burst(seed, 30)).status_code == 202
        until(lambda: len(running.said("an alert was worked on")) >= 3, "some done")
        (first,) = pids(running)
        assert first != running.process.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: states(running.client) == {"done": 30}, "all done", 0.3)
        finished = Counter(record["alert"] for record in running.said("an alert was worked on"))
        (_, second) = pids(running)
        assert runs(second) and not runs(first)
        assert 'provenance_alerts_finished_total{state="done"}' in running.client.get("/metrics").text
        assert running.end() == 0
    assert not runs(second)
    assert max(finished.values()) == 1
    assert not store.documents().page("server"), "whoever ends says so, whoever is dead is struck off"


def test_who_traces_does_not_outlive_a_service_that_is_killed(
    store: Store, place: Place, tmp_path: Path, seed: Seed
) -> None:
    with serving(place.address, tmp_path, token_for(store), {"PROVENANCE_SERVICE_PROCESSES": "2"}) as running:
        running.client.post("/alerts", content=burst(seed, 40))
        until(lambda: bool(running.said("an alert was worked on")), "one done")
        started = pids(running)
        assert len(started) == 2 and all(map(runs, started))
        running.end(signal.SIGKILL)
        until(lambda: not any(map(runs, started)), "gone")
    assert sum(store.documents().counts(queue.KIND).values()) == 40


def test_one_that_cannot_be_kept_alive_is_tried_again_and_ends_when_all_do() -> None:
    lost = threading.Semaphore(0)
    tracing = Processes(Settings(stop_s=1), partial(sys.exit, 3), lambda _: None, lost.release)  # type: ignore[arg-type]
    with tracing.running():
        for _ in range(2):
            assert lost.acquire(timeout=PATIENCE_S)
        assert not tracing.warm.is_set()
    assert tracing.warm.is_set(), "nobody waits for it any longer"


def test_a_started_trace_goes_on_after_the_service_was_killed(store: Store, place: Place, tmp_path: Path) -> None:
    documents = store.documents()
    id = started.start(documents, ASKED, "test", 1)
    assert id is not None and started.take(documents, "a server that was killed") is not None
    with serving(place.address, tmp_path, token_for(store)) as running:
        body = {"query": "subscription ($id: ID!) { startedTrace(id: $id) { trace { nodeCount } } }"}
        headers = {"Accept": "text/event-stream"}
        with running.client.stream(
            "POST", "/graphql", json=body | {"variables": {"id": id}}, headers=headers
        ) as answer:
            told = [json.loads(line[5:]) for line in answer.iter_lines() if line.startswith("data:") and "{" in line]
        assert [one["trace"] for one in running.said("a started trace was worked on")] == [id]
        assert running.end() == 0
    assert told[-1]["data"]["startedTrace"]["trace"] == {"nodeCount": len(library_trace(store).slice.nodes)}
