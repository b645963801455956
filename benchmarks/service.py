"""Measure the service on the bundled incident: the time from POST to a finished backtrack, a page of GraphQL meanwhile, and a
burst of alerts during which the server is killed.

python -m benchmarks.service [--store STORE] [--credentials FILE] [--alerts N] [--burst N]

STORE must be empty or hold the bundled incident; the default is a temporary SQLite file.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from benchmarks.measuring import ROOT
from provenance.alerts.record import KIND as ALERT
from provenance.demo.incident import alert, log
from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.identity import EntityKind
from provenance.intake.run import ingest
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.store import open_store
from provenance.store.interface import Selector, Store

_PAGE = (ROOT / "graphql" / "operations" / "alerts.graphql").read_text("utf-8")
_FINISHED_MESSAGE = "work on an alert ended"


def main(arguments: list[str] | None = None) -> None:
    """Prints one line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service")
    parser.add_argument("--store")
    parser.add_argument("--credentials", type=Path)
    parser.add_argument("--alerts", type=int, default=10, help="number of alerts sent one after the other")
    parser.add_argument("--burst", type=int, default=1_000, help="number of alerts in the burst")
    options = parser.parse_args(arguments)
    for line in measure(options.store, options.credentials, options.alerts, options.burst):
        print(line, flush=True)  # noqa: T201


def measure(address: str | None, credentials: Path | None, alerts: int, burst: int) -> Iterator[str]:
    """Measure, and yield one line for each figure. The store at `address` is empty or holds the bundled incident; without an
    address a temporary SQLite file is used."""
    with tempfile.TemporaryDirectory(prefix="provenance-service-") as folder:
        place = address or str(Path(folder) / "graph.db")
        store = open_store(place, credentials=credentials)
        with log() as path:
            ingest(store, [str(path)])
        options_of_server = ["--credentials", str(credentials)] if credentials else []
        command = [sys.executable, "-m", "provenance", "serve", "--store", place, "--port", "0", *options_of_server]
        yield from _figures(store, command, Path(folder), alerts, burst)
        store.close()


def _figures(store: Store, command: list[str], folder: Path, alerts: int, burst: int) -> Iterator[str]:
    token = tokens.create(store.documents(), [Scope.ADMIN], "benchmark", 0)
    run = f"{time.time_ns():x}"
    with _served(command, folder / "one", token) as (client, _):
        times = [_until_done(client, _seed(f"{run}-{number}", 3 * number)) for number in range(alerts)]
        yield f"POST to finished backtrack, idle: median {median(times):.2f} s, longest {max(times):.2f} s of {alerts}"
        yield from _pages(store, client, f"{run}-page", max(burst // 10, 1))
    bodies = list(islice(cycle(_alerts(store)), burst))
    lines = "\n".join(json.dumps(body | {"id": f"{run}-burst-{number}"}) for number, body in enumerate(bodies))
    before = sum(_counts(store).values())
    start = time.perf_counter()
    with _served(command, folder / "two", token) as (client, process):
        answer = client.post("/alerts", content=lines)
        yield f"burst: {burst} alerts accepted in {time.perf_counter() - start:.1f} s, status {answer.status_code}"
        _wait(lambda: _unfinished(store) <= burst * 2 // 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    killed = time.perf_counter() - start
    unfinished = _unfinished(store)
    with _served(command, folder / "three", token):
        _wait(lambda: _unfinished(store) == 0)
        all_done = time.perf_counter() - start
    ended = Counter(_finished(folder / "two") + _finished(folder / "three"))
    counts = _counts(store)
    yield f"burst: killed (-9) after {killed:.1f} s with {unfinished} to go, all done after {all_done:.1f} s, restart included"
    yield f"burst: {sum(counts.values()) - before - burst} lost, {sum(n > 1 for n in ended.values())} done twice, {dict(counts)}"


def _pages(store: Store, client: httpx.Client, run: str, alerts: int) -> Iterator[str]:
    """How long a page of GraphQL takes on an idle service, and while alerts are traced."""
    idle = [_page(client) for _ in range(20)]
    yield f"a page of alerts over GraphQL, idle: {_summary(idle)}"
    lines = "\n".join(
        json.dumps(body | {"id": f"{run}-{number}"})
        for number, body in enumerate(islice(cycle(_alerts(store)), alerts))
    )
    client.post("/alerts", content=lines)
    busy = [_page(client)]
    while _unfinished(store):
        busy.append(_page(client))
        time.sleep(0.05)
    yield f"a page of alerts over GraphQL, while {alerts} are traced: {_summary(busy)}"


def _page(client: httpx.Client) -> float:
    start = time.perf_counter()
    answer = client.post("/graphql", json={"query": _PAGE}).json()
    assert "errors" not in answer, answer["errors"]
    return time.perf_counter() - start


def _summary(times: list[float]) -> str:
    p95 = sorted(times)[int(len(times) * 0.95)]
    return f"median {median(times) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, longest {max(times) * 1000:.0f} ms"


def _seed(id: str, offset_ms: int) -> dict[str, Any]:
    incident = alert()
    time_ms = round(_epoch(incident.time) * 1000) + offset_ms
    return {
        "source": "benchmark",
        "id": id,
        "title": incident.title,
        "severity": "high",
        "time": rfc3339(time_ms),
        "host": incident.host,
        "process": {"command": "bash -i"},
        "network": {"remote_ip": incident.remote_ip, "remote_port": incident.remote_port},
    }


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _alerts(store: Store) -> list[dict[str, Any]]:
    """Alerts for 200 programs of the store, spread over its time."""
    processes = [
        node for node in store.find(Selector(frozenset({EntityKind.PROCESS}))) if node.attributes.get("command")
    ]
    chosen = processes[:: max(len(processes) // 200, 1)][:200]
    return [
        {
            "source": "benchmark",
            "title": "a program ran",
            "severity": ("low", "medium", "high", "critical")[number % 4],
            "time": rfc3339(ms_of(node.first)),
            "host": node.host,
            "process": {"pid": node.attributes["pid"], "command": node.attributes["command"]},
        }
        for number, node in enumerate(chosen)
    ]


def _until_done(client: httpx.Client, body: dict[str, Any]) -> float:
    start = time.perf_counter()
    id = client.post("/alerts", json=body).json()["alert"]
    while (found := client.get(f"/alerts/{id}").json())["state"] not in {"done", "failed"}:
        time.sleep(0.01)
    assert found["state"] == "done", found["reason"]
    return time.perf_counter() - start


def _counts(store: Store) -> Counter[str]:
    return Counter(store.documents().counts(ALERT))


def _unfinished(store: Store) -> int:
    counts = _counts(store)
    return counts["queued"] + counts["running"]


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.1)


def _finished(file: Path) -> list[str]:
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.startswith("{")]
    return [record["alert"] for record in records if record["message"] == _FINISHED_MESSAGE]


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def _served(command: list[str], file: Path, token: str) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    with file.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=out)
    try:
        _wait(lambda: process.poll() is not None or '"listening"' in file.read_text("utf-8"))
        assert process.poll() is None, file.read_text("utf-8")
        records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        port = next(record["port"] for record in records if record["message"] == "listening")
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120) as client:
            _wait(lambda: _ready(client))
            yield client, process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
