"""The processes that trace beside the one that answers, when either is killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter
from functools import partial
from pathlib import Path

from provenance.alerts.record import KIND as ALERT
from provenance.service.settings import Settings
from provenance.service.tracing import started_traces
from provenance.service.workers.processes import Processes
from provenance.store.interface import Store
from tests.provenance.service.conftest import Place, token_for
from tests.provenance.service.graphql.questions import BACKWARD, library_trace
from tests.provenance.service.running import PATIENCE_S, Running, serving, states, until
from tests.provenance.service.test_served import Seed, burst
from tests.provenance.service.tracing.test_started import REQUEST

ASK = """
query ($id: ID!, $direction: Direction!, $start: SelectionInput!, $at: Time) {
  trace(direction: $direction, start: $start, at: $at) { nodeCount }
  alert(id: $id) { backtrack { nodeCount entries { reason } } forward { nodeCount start { id } } }
}
"""
FOLLOW = "subscription ($id: ID!) { startedTrace(id: $id) { trace { nodeCount } } }"


def pids(running: Running) -> list[int]:
    """The processes that were started, the last one last."""
    return [record["pid"] for record in running.logged("a helper process started")]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def same_as_kept(running: Running, id: str, nodes: int) -> None:
    """What GraphQL has traced by the process that is there now."""
    document = running.client.get(f"/alerts/{id}").json()
    answer = running.client.post("/graphql", json={"query": ASK, "variables": BACKWARD | {"id": id}}).json()["data"]
    back, ahead = answer["alert"]["backtrack"], answer["alert"]["forward"]
    assert answer["trace"]["nodeCount"] == nodes
    assert back["nodeCount"] == len(document["backtrack"]["nodes"])
    assert [one["reason"] for one in back["entries"]] == [one["reason"] for one in document["backtrack"]["entries"]]
    assert ahead["nodeCount"] == len(document["forward"]["nodes"])
    assert [start["id"] for start in ahead["start"]] == document["forward"]["query"]["start"]


def test_a_process_that_is_killed_loses_nothing(store: Store, place: Place, tmp_path: Path, seed: Seed) -> None:
    with serving(place.address, tmp_path, token_for(store)) as running:
        assert running.client.post("/alerts", content=burst(seed, 14)).status_code == 202
        until(lambda: len(running.logged("work on an alert ended")) >= 3, "some done")
        (first,) = pids(running)
        assert first != running.process.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: states(running.client) == {"done": 14}, "all done", 0.3)
        finished = Counter(record["alert"] for record in running.logged("work on an alert ended"))
        until(lambda: len(pids(running)) == 2, "another was started")
        _, second = pids(running)
        assert runs(second) and not runs(first)
        same_as_kept(running, finished.popitem()[0], len(library_trace(store).slice.nodes))
        assert 'provenance_alerts_finished_total{state="done"}' in running.client.get("/metrics").text
        assert running.end() == 0
    assert not runs(second)
    assert set(finished.values()) == {1}


def test_tracing_processes_end_with_a_killed_service_and_the_next_continues(
    store: Store, place: Place, tmp_path: Path, seed: Seed
) -> None:
    documents, token = store.documents(), token_for(store)
    with serving(place.address, tmp_path, token, {"PROVENANCE_SERVICE_PROCESSES": "2"}) as running:
        running.client.post("/alerts", content=burst(seed, 12))
        until(lambda: bool(running.logged("work on an alert ended")), "one done")
        processes = pids(running)
        assert len(processes) == 2 and all(map(runs, processes))
        running.end(signal.SIGKILL)
        until(lambda: not any(map(runs, processes)), "gone")
    assert sum(documents.counts(ALERT).values()) == 12
    id = started_traces.start(documents, REQUEST, "test", 1)
    assert id is not None and started_traces.take(documents, "a server that was killed") is not None
    with serving(place.address, tmp_path, token) as running:
        body = {"query": FOLLOW, "variables": {"id": id}}
        with running.client.stream("POST", "/graphql", json=body, headers={"Accept": "text/event-stream"}) as answer:
            events = [json.loads(line[5:]) for line in answer.iter_lines() if line.startswith("data:") and "{" in line]
        assert [one["trace"] for one in running.logged("work on a started trace ended")] == [id]
        assert running.end() == 0
    assert events[-1]["data"]["startedTrace"]["trace"] == {"nodeCount": len(library_trace(store).slice.nodes)}


def test_a_process_that_ends_at_once_is_started_again_until_the_service_stops() -> None:
    lost = threading.Semaphore(0)
    tracing = Processes(Settings(stop_s=1), partial(sys.exit, 3))
    tracing.report_to(lambda _: None, lost.release)
    with tracing.running():
        for _ in range(2):
            assert lost.acquire(timeout=PATIENCE_S)
        assert not tracing.warm.is_set()
    assert tracing.warm.is_set(), "nobody waits for it any longer"
