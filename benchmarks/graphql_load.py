"""Measure GraphQL under load: many clients at once, mixed operations, a graph of any size.

python -m benchmarks.graphql_load [--store STORE] [--credentials FILE] [--edges MILLIONS] [--clients N] [--seconds N]

STORE must be empty or have been filled by this benchmark; the default is a temporary SQLite file.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx

from benchmarks import synthetic
from benchmarks.measuring import ROOT
from provenance.ingest.identity import EntityKind, format_id
from provenance.service.auth import tokens
from provenance.service.auth.tokens import Scope
from provenance.store import open_store

_OPERATIONS = ROOT / "graphql" / "operations"
_WAIT_S = 120.0
Operation = tuple[str, Mapping[str, Any]]


def main(arguments: list[str] | None = None) -> None:
    """Prints one line for all operations together, and one for each operation."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graphql_load")
    parser.add_argument("--store")
    parser.add_argument("--credentials", type=Path)
    parser.add_argument("--edges", type=float, default=1.0, help="millions of edges")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args(arguments)
    for line in measure(options.store, options.credentials, options.edges, options.clients, options.seconds):
        print(line, flush=True)  # noqa: T201


def measure(
    address: str | None, credentials: Path | None, millions: float, clients: int, seconds: float
) -> Iterator[str]:
    """Measure, and yield one line for all operations together and one for each operation. The store at `address` is empty or was
    filled by this benchmark; without an address a temporary SQLite file is filled."""
    with tempfile.TemporaryDirectory(prefix="provenance-graphql-load-") as folder:
        place = address or str(Path(folder) / "graph.db")
        store = open_store(place, credentials=credentials)
        ends = synthetic.build(store, int(millions * 1_000_000))
        options_of_server = ["--credentials", str(credentials)] if credentials else []
        bearer_tokens = [tokens.create(store.documents(), [Scope.READ], "benchmark", 0) for _ in range(clients)]
        command = [sys.executable, "-m", "provenance", "serve", "--store", place, "--port", "0", *options_of_server]
        with _served(command, Path(folder) / "log") as url:
            times_by_operation = _run_clients(url, bearer_tokens, ends, seconds)
        store.close()
    yield from _lines(times_by_operation, clients, seconds)


def operations(ends: Sequence[int], draw: random.Random) -> Iterator[Operation]:
    """Yield operations of an investigation in random order, endlessly: neighbours, searches, process trees, traces and pages."""
    while True:
        end = format_id(EntityKind.PROCESS, draw.choice(ends))
        start = {"direction": "BACKWARD", "start": {"id": end}}
        yield draw.choice(
            (
                ("hosts", {}),
                ("entity", {"id": end}),
                ("neighbours", {"id": end}),
                ("evidence", {"id": end}),
                ("search", {"where": {"pid": draw.randrange(1, 100_000)}}),
                ("process-tree", {"process": end}),
                ("trace", start),
                ("trace-graph", start),
                ("timeline", start),
                ("alerts", {}),
            )
        )


def _run_clients(url: str, bearer_tokens: Sequence[str], ends: Sequence[int], seconds: float) -> dict[str, list[float]]:
    texts = {path.stem: path.read_text("utf-8") for path in _OPERATIONS.glob("*.graphql")}
    deadline = time.perf_counter() + seconds
    times_by_operation: dict[str, list[float]] = defaultdict(list)

    def client(number: int) -> None:
        headers = {"Authorization": f"Bearer {bearer_tokens[number]}"}
        with httpx.Client(headers=headers, timeout=_WAIT_S) as http:
            for name, variables in operations(ends, random.Random(number)):
                start = time.perf_counter()
                if start > deadline:
                    return
                answer = http.post(url, json={"query": texts[name], "variables": variables}).json()
                times_by_operation["failed" if "errors" in answer else name].append(time.perf_counter() - start)

    with ThreadPoolExecutor(len(bearer_tokens)) as clients:
        list(clients.map(client, range(len(bearer_tokens))))
    return times_by_operation


def _lines(times_by_operation: Mapping[str, Sequence[float]], clients: int, seconds: float) -> Iterator[str]:
    all_times = [one for times in times_by_operation.values() for one in times]
    yield f"{clients} clients, {len(all_times)} operations in {seconds:g} s: {_percentiles(all_times)}"
    for name, times in sorted(times_by_operation.items()):
        yield f"{name}: {len(times)}, {_percentiles(times)}"


def _percentiles(times: Sequence[float]) -> str:
    cuts = quantiles(times, n=20) if len(times) > 1 else [*times] * 19
    return f"median {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms"


@contextmanager
def _served(command: Sequence[str], log: Path) -> Iterator[str]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=out)
    try:
        yield f"http://127.0.0.1:{_port(process, log)}/graphql"
    finally:
        process.terminate()
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.perf_counter() + _WAIT_S
    while process.poll() is None and time.perf_counter() < deadline:
        for line in log.read_text("utf-8").splitlines():
            message = json.loads(line)
            if message["message"] == "listening":
                return int(message["port"])
        time.sleep(0.05)
    raise SystemExit(f"the service did not start: {log.read_text('utf-8')}")


if __name__ == "__main__":
    main()
