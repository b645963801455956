"""Measure GraphQL under load: many clients at once, mixed operations, a graph of any size.

python -m benchmarks.asking [--store STORE] [--credentials FILE] [--edges MILLIONS] [--clients N] [--seconds N]

STORE must be empty or have been filled by this; the default is a SQLite file of its own.
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
Question = tuple[str, Mapping[str, Any]]


def main(arguments: list[str] | None = None) -> None:
    """Prints a line an operation, and one of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asking")
    parser.add_argument("--store")
    parser.add_argument("--credentials", type=Path)
    parser.add_argument("--edges", type=float, default=1.0, help="millions of edges")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args(arguments)
    for line in measured(options.store, options.credentials, options.edges, options.clients, options.seconds):
        print(line, flush=True)  # noqa: T201


def measured(
    address: str | None, credentials: Path | None, millions: float, clients: int, seconds: float
) -> Iterator[str]:
    """A line of all operations, and one an operation, of a store that is empty or was filled by this; of an SQLite file when
    none is named."""
    with tempfile.TemporaryDirectory(prefix="provenance-asking-") as folder:
        place = address or str(Path(folder) / "graph.db")
        store = open_store(place, credentials=credentials)
        ends = synthetic.build(store, int(millions * 1_000_000))
        more = ["--credentials", str(credentials)] if credentials else []
        given = [tokens.create(store.documents(), [Scope.READ], "benchmark", 0) for _ in range(clients)]
        command = [sys.executable, "-m", "provenance", "serve", "--store", place, "--port", "0", *more]
        with _served(command, Path(folder) / "log") as url:
            spent = _asked(url, given, ends, seconds)
        store.close()
    yield from _lines(spent, clients, seconds)


def questions(ends: Sequence[int], draw: random.Random) -> Iterator[Question]:
    """What an investigation asks, without end: look around, search, walk a tree, trace, page through a trace; in any order."""
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


def _asked(url: str, given: Sequence[str], ends: Sequence[int], seconds: float) -> dict[str, list[float]]:
    texts = {path.stem: path.read_text("utf-8") for path in _OPERATIONS.glob("*.graphql")}
    until = time.perf_counter() + seconds
    spent: dict[str, list[float]] = defaultdict(list)

    def client(number: int) -> None:
        headers = {"Authorization": f"Bearer {given[number]}"}
        with httpx.Client(headers=headers, timeout=_WAIT_S) as http:
            for name, variables in questions(ends, random.Random(number)):
                begun = time.perf_counter()
                if begun > until:
                    return
                answer = http.post(url, json={"query": texts[name], "variables": variables}).json()
                spent["failed" if "errors" in answer else name].append(time.perf_counter() - begun)

    with ThreadPoolExecutor(len(given)) as clients:
        list(clients.map(client, range(len(given))))
    return spent


def _lines(spent: Mapping[str, Sequence[float]], clients: int, seconds: float) -> Iterator[str]:
    every = [one for times in spent.values() for one in times]
    yield f"{clients} clients, {len(every)} operations in {seconds:g} s: {_told(every)}"
    for name, times in sorted(spent.items()):
        yield f"{name}: {len(times)}, {_told(times)}"


def _told(times: Sequence[float]) -> str:
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
    until = time.perf_counter() + _WAIT_S
    while process.poll() is None and time.perf_counter() < until:
        for line in log.read_text("utf-8").splitlines():
            said = json.loads(line)
            if said["message"] == "listening":
                return int(said["port"])
        time.sleep(0.05)
    raise SystemExit(f"the service did not start: {log.read_text('utf-8')}")


if __name__ == "__main__":
    main()
