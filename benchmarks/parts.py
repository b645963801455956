"""The parts of the benchmark; each yields the figures that it measured."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks import inputs, measuring, peers, synthetic
from benchmarks.report import Figure
from provenance.store import open_store
from provenance.store.interface import Direction, Selector, Store
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.trace import trace

_TRACES = 20


def parsing(log: Path, runs: int) -> Iterator[Figure]:
    """Our parser and its peers, in alternating runs."""
    with log.open("rb") as stream:
        lines = sum(1 for _ in stream)
    our_seconds: list[float] = []
    theirs: list[float] = []
    has_binding = peers.binding()
    for _ in range(runs):
        our_seconds.append(_seconds([sys.executable, "-m", "benchmarks.our_parser", log]))
        if has_binding:
            theirs.append(_seconds([peers.SYSTEM_PYTHON, "benchmarks/peer_auparse.py", log]))
    our_rate = lines / median(our_seconds)
    compared = (
        f"{our_rate / (lines / median(theirs)):.2f} of libauparse's binding"
        if theirs
        else "libauparse is not installed"
    )
    yield Figure("parsing, one process", f"{our_rate:,.0f} lines/s", compared)
    if theirs:
        yield Figure("libauparse's Python binding", f"{lines / median(theirs):,.0f} lines/s", "1")
    ausearch = peers.ausearch()
    if ausearch is not None:
        command = [ausearch, "--raw", "-if", str(log)]
        spent = measuring.median_of(
            runs, lambda: measuring.run(["sh", "-c", '"$@" > /dev/null', "sh", *command])[0].processor_s
        )
        yield Figure("ausearch --raw (only where events begin and end)", f"{lines / spent:,.0f} lines/s")


def _seconds(command: Sequence[str | Path]) -> float:
    return float(measuring.run(command)[1].split()[-1])


def ingesting(log: Path, folder: Path, runs: int, events: int) -> Iterator[Figure]:
    """Log to committed graph: with one process; with one that reads and one that writes; and logs of two hosts with two processes
    that read."""
    rate_of_one_process = 0.0
    halves = inputs.of_two_hosts(log, folder)
    for name, jobs, logs in (("jobs1", 1, [log]), ("jobs2", 2, [log]), ("hosts2", 2, halves)):
        walls, spent, peaks = [], [], []
        for _ in range(runs):
            store = folder / f"{name}.db"
            _remove(store)
            command = [sys.executable, "-m", "provenance", "ingest", "--store", str(store), "--host", "web01"]
            cost, _ = measuring.run([*command, "--jobs", str(jobs), *map(str, logs)])
            walls.append(cost.wall_s)
            spent.append(cost.processor_s)
            peaks.append(cost.peak_mib)
        rate = events / median(walls)
        rate_of_one_process = rate_of_one_process or rate
        compared = f"{rate / rate_of_one_process:.2f} of one process; " if jobs > 1 else ""
        spent_and_peak = f"{median(spent) / events * 1e6:,.0f} µs of processor per event; {max(peaks):,.0f} MiB"
        logs_of = "logs of two hosts" if len(logs) > 1 else "log"
        yield Figure(f"{logs_of} to committed graph, --jobs {jobs}", f"{rate:,.0f} events/s", compared + spent_and_peak)
    size = _size(folder / "jobs2.db")
    yield Figure(
        "bytes of store per event, with raw lines",
        f"{size / events:,.0f} B",
        f"{size / log.stat().st_size:.3f} of the log",
    )


def tracing(folder: Path, millions: Sequence[float]) -> Iterator[Figure]:
    """Traces of 1,025 edges out of graphs of several sizes."""
    for million in millions:
        path = folder / f"synthetic{million:g}.db"
        _remove(path)
        edges = int(million * 1_000_000)
        with closing(open_store(str(path))) as store:
            start = time.perf_counter()
            ends = synthetic.build(store, edges)
            built = time.perf_counter() - start
        chosen = ends[:: max(1, len(ends) // _TRACES)][:_TRACES]
        times = [_trace(path, end) for end in chosen]
        yield Figure(
            f"backward trace of {synthetic.EDGES + 1:,} edges out of {million:g} million",
            f"{median(times) * 1000:,.0f} ms",
            f"slowest of {len(times)}: {max(times) * 1000:,.0f} ms; written at {edges / built:,.0f} edges/s, "
            f"{_size(path) / edges:,.0f} B per edge",
        )
        _remove(path)


def _trace(path: Path, end: int) -> float:
    start = time.perf_counter()
    with closing(open_store(str(path))) as store:
        _check(store, end)
    return time.perf_counter() - start


def _check(store: Store, end: int) -> None:
    found = anchors(store, Selection(Selector(), id=end), Direction.BACKWARD)
    result = trace(store, Direction.BACKWARD, found)
    if len(result.slice.edges) != synthetic.EDGES + 1 or not result.entries:
        raise AssertionError(f"a trace of {len(result.slice.edges)} edges, expected {synthetic.EDGES + 1}")


def _remove(path: Path) -> None:
    for name in path.parent.glob(path.name + "*"):
        name.unlink()


def _size(path: Path) -> int:
    return sum(name.stat().st_size for name in path.parent.glob(path.name + "*"))
