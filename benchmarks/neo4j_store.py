"""Compare the store on a Neo4j server with SQLite, a naive writer and plain Cypher, and write docs/benchmarks-neo4j.md.

python -m benchmarks.neo4j_store [--server URI --credentials FILE] [--copies N] [--edges N] [--limit SECONDS] [--out FILE]

Without --server the benchmark starts its own server.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from neo4j import GraphDatabase, Query
from neo4j.exceptions import ClientError, TransientError

from benchmarks import imported, inputs, measuring, naive, own_server, synthetic
from benchmarks.measuring import ROOT
from benchmarks.own_server import Connection
from benchmarks.report import Figure, table
from provenance.store import open_store
from provenance.store.interface import Direction, Selector, Store
from provenance.store.neo4j import Neo4jStore
from provenance.store.neo4j.address import Credentials, credentials
from provenance.store.neo4j.server import Row, Server
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.trace import trace

_PLAIN = """
MATCH path = (last:Entity {case: $case, key: $key})<-[*1..%d]-(other)
WHERE all(n IN range(0, length(path) - 2) WHERE relationships(path)[n + 1].first <= relationships(path)[n].first)
RETURN count(DISTINCT other) AS reached
"""
HEAD = """# Benchmarks of the store on a Neo4j server

Written by `python -m benchmarks.neo4j_store`; absolute figures hold for one machine on one day; ratios are comparable.
Server and client share the processors.
"""
NOTES = """
- **Log to committed graph** is the whole command with `--jobs 2`, in wall-clock time, and beside it the processor time, which
  other load on the machine affects less: two idle processors can handle 2,000,000 events a second divided by the sum of both
  times. *Into a server just started* is the first log of a server, which compiles its code while it writes.
- **Naive writer**: a MERGE for each entity and each flow of the same reduced log, each in a transaction of its own, into a
  database with an index; its rate is that within the time limit.
- **The servers** are started by the benchmark, one for each part, with 1024 MiB of heap, 256 MiB of page cache and
  Java's parallel collector.
- **Offline import**: the same break-ins as files for `neo4j-admin database import`; the time is from the first file to the
  last index. The files lack what searches read (the list of command lines, names, arguments) and the lists that lead from an
  event to its edges.
- **Trace**: backward from the end of a break-in of 1,026 edges (77 steps deep) to its way in, in a newly opened store.
  The server had computed five other traces before (three where it was written online).
  *Plain* is `MATCH (end)<-[*1..DEPTH]-(other)` with the times in order along each path; it counts the nodes that it reaches.
- **Round trips** are the statements that a trace sends; from one break-in and from many at once, from the end and from the
  middle of a break-in.
"""


class Target(NamedTuple):
    """A server, and the user and password to connect with."""

    uri: str
    file: Path
    login: Credentials
    pid: int | None

    def case(self) -> str:
        """The address of a new case."""
        return f"{self.uri}?case=benchmark-{secrets.token_hex(4)}"

    def processor_s(self) -> float:
        """Seconds of processor time that the server has used; 0 for a server on another machine."""
        if self.pid is None:
            return 0.0
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def store(self, address: str) -> Neo4jStore:
        """A store in a case."""
        return Neo4jStore(address, credentials=self.file)


class CountingServer(Server):
    """A server that counts the reading statements sent to it."""

    trips = 0

    def read(self, name: str, /, **parameters: Any) -> list[Row]:
        """Run a reading statement and count it."""
        self.trips += 1
        return super().read(name, **parameters)


def main(arguments: list[str] | None = None) -> None:
    """Runs the selected parts, prints the figures and writes the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.neo4j_store", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--server", metavar="URI")
    parser.add_argument("--credentials", type=Path, metavar="FILE")
    parser.add_argument("--copies", type=int, default=33, help="how many times the log repeats the incident")
    parser.add_argument("--edges", type=int, default=1_000_000, help="edges of the graph that is traced")
    parser.add_argument("--imported", type=int, default=10_000_000, help="edges of the graph that is imported offline")
    parser.add_argument("--only", choices=tuple(_PARTS), nargs="+", default=tuple(_PARTS))
    parser.add_argument(
        "--limit", type=float, default=30.0, help="seconds for the naive writer and for each plain Cypher query"
    )
    parser.add_argument(
        "--plain-limit", type=float, default=60.0, help="seconds for each plain Cypher query on imported edges"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks-neo4j.md")
    options = parser.parse_args(arguments)
    if (options.server is None) != (options.credentials is None):
        parser.error("--server and --credentials belong together")
    figures = [Figure("load of the machine before", f"{os.getloadavg()[0]:.1f}", "runnable processes")]
    with tempfile.TemporaryDirectory(prefix="provenance-benchmarks-") as folder:
        for part in options.only:
            for figure in _PARTS[part](Path(folder), options):
                figures.append(figure)
                print(f"{figure.what}: {figure.value}  {figure.compared}", flush=True)  # noqa: T201
    options.out.write_text(table(figures, datetime.now(UTC), HEAD, NOTES), encoding="utf-8")


@contextmanager
def _server(folder: Path, options: argparse.Namespace) -> Iterator[Target]:
    """The server that was given by --server, or else a new one."""
    if options.server is not None:
        yield Target(options.server, options.credentials, _login(options.credentials), None)
        return
    with own_server.running(folder / "cache") as connection:
        yield _target_of(connection)


def _target_of(connection: Connection) -> Target:
    file = Path(connection["credentials"])
    return Target(connection["uri"], file, _login(file), connection["pid"])


def _login(file: Path) -> Credentials:
    login = credentials(file)
    assert login is not None
    return login


def _ingesting(folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    short = inputs.write_log(folder / "short.log", 1)
    log = inputs.write_log(folder / "web01.log", options.copies)
    events = inputs.events_in(log)
    with _server(folder, options) as target:
        first = ingest(target, target.case(), log, events)
        yield Figure("log to committed graph, Neo4j, into a server just started", first.rate_text, first.spent)
        ours = ingest(target, target.case(), log, events)
        embedded = ingest(target, str(folder / "graph.db"), log, events)
        ratio = f"{ours.rate / embedded.rate:.2f} of SQLite"
        yield Figure("log to committed graph, Neo4j", ours.rate_text, f"{ratio}; {ours.spent}")
        yield Figure("log to committed graph, SQLite", embedded.rate_text, f"1; {embedded.spent}")
        plain = naive.write_log(target.uri, target.login, str(short), options.limit, target.processor_s)
        spent = IngestCost(*plain).spent
        yield Figure(
            "naive writer, Neo4j",
            f"{plain.rate:,.0f} events/s",
            f"ours is {ours.rate / plain.rate:,.0f} times as fast; {spent}",
        )


class IngestCost(NamedTuple):
    """Events per second, and microseconds of processor time per event: of `ingest` and of the server."""

    rate: float
    client_us: float
    server_us: float

    @property
    def rate_text(self) -> str:
        """The rate as text."""
        return f"{self.rate:,.0f} events/s"

    @property
    def spent(self) -> str:
        """The processor time as text."""
        server = f" and {self.server_us:,.0f} of the server" if self.server_us else ""
        return f"{self.client_us:,.0f} µs of processor{server} per event"


def ingest(target: Target, address: str, log: Path, events: int) -> IngestCost:
    """Run `ingest` and measure it from its start to its end."""
    arguments = [
        "ingest",
        "--store",
        address,
        "--credentials",
        str(target.file),
        "--host",
        "web01",
        "--jobs",
        "2",
        str(log),
    ]
    before = target.processor_s()
    cost, _ = measuring.run([sys.executable, "-m", "provenance", *arguments])
    served = 0.0
    if "://" in address:
        served = target.processor_s() - before
        with closing(target.store(address)) as store:
            store.drop()
    return IngestCost(events / cost.wall_s, cost.processor_s / events * 1e6, served / events * 1e6)


def _tracing(folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    with _server(folder, options) as target:
        yield from _tracing_on_both(target, folder, options)


def _tracing_on_both(target: Target, folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    address = target.case()
    embedded = str(folder / "synthetic.db")
    with closing(target.store(address)) as store, closing(open_store(embedded)) as embedded_store:
        start = time.perf_counter()
        ends = synthetic.build(store, options.edges)
        rate = options.edges / (time.perf_counter() - start)
        synthetic.build(embedded_store, options.edges)
        yield Figure(f"{options.edges:,} edges written", f"{rate:,.0f} edges/s")
        middle = len(ends) // 2
        for place in range(3):
            _timed_trace(store, [ends[(middle + place) % len(ends)]])
        ours, trips = _timed_trace(target.store(address), ends[middle:][:1])
        theirs, _ = _timed_trace(open_store(embedded), ends[middle:][:1])
        what = f"backward trace of {synthetic.EDGES + 1:,} edges out of {options.edges:,}"
        yield Figure(f"{what}, Neo4j", f"{ours * 1000:,.0f} ms", f"{trips} round trips")
        yield Figure(f"{what}, SQLite", f"{theirs * 1000:,.0f} ms", f"{theirs / ours:.2f} of Neo4j's")
        yield from _plain(target, address, ends[middle], ours, options.limit)
        yield from _round_trips(target, address, middle, ends)
        store.drop()


def _imported(folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    files = imported.Files(folder)
    start = time.perf_counter()
    ends = files.write(options.imported)
    with imported.server(folder / "imported", folder, files.options()) as connection:
        target = _target_of(connection)
        address = f"{target.uri}?case={imported.CASE}"
        with closing(target.store(address)) as store, store.writer():
            seconds = time.perf_counter() - start
        yield Figure(
            f"{options.imported:,} edges by offline import", f"{seconds:,.0f} s", "files, import, start, indexes"
        )
        middle = len(ends) // 2
        for place in range(1, 6):
            with closing(target.store(address)) as store:
                _timed_trace(store, [ends[(middle + place) % len(ends)]])
        with closing(target.store(address)) as store:
            ours, trips = _timed_trace(store, ends[middle:][:1])
        what = f"backward trace of {synthetic.EDGES + 1:,} edges out of {options.imported:,}"
        yield Figure(f"{what}, Neo4j", f"{ours * 1000:,.0f} ms", f"{trips} round trips")
        yield from _plain(target, address, ends[middle], ours, options.plain_limit)


def _timed_trace(store: Store, ends: list[int]) -> tuple[float, int]:
    """Run a trace; returns its seconds and the number of statements that it sent."""
    server = None
    if isinstance(store, Neo4jStore):
        server = CountingServer(store._server.address, store._server.credentials)
        store._server = server
    start = time.perf_counter()
    found = [anchor for end in ends for anchor in anchors(store, Selection(Selector(), id=end), Direction.BACKWARD)]
    done = trace(store, Direction.BACKWARD, found)
    seconds = time.perf_counter() - start
    if not done.slice.edges:
        raise AssertionError("nothing was traced")
    return seconds, 0 if server is None else server.trips


def _plain(target: Target, address: str, end: int, ours: float, limit_s: float) -> Iterator[Figure]:
    case = address.partition("case=")[2]
    with (
        GraphDatabase.driver(target.uri, auth=(target.login.user, target.login.password)) as driver,
        driver.session(database="neo4j") as session,
    ):
        for depth in (6, 12, 18, 24, 36, 77):
            start = time.perf_counter()
            try:
                text = Query(_PLAIN % depth, timeout=limit_s)
                session.run(text, case=case, key=end).consume()
            except (ClientError, TransientError):
                compared = f"ours, all 77 deep, is more than {limit_s / ours:,.0f} times as fast"
                yield Figure(f"plain, {depth} deep", f"not finished in {limit_s:g} s", compared)
                return
            seconds = time.perf_counter() - start
            yield Figure(
                f"plain, {depth} deep", f"{seconds * 1000:,.0f} ms", f"ours, all 77 deep: {seconds / ours:.2f}"
            )


def _round_trips(target: Target, address: str, middle: int, ends: list[int]) -> Iterator[Figure]:
    for stages in (5, 10, 25):
        for break_ins in (1, 10):
            numbers = range(middle, min(middle + break_ins, len(ends)))
            starts = [synthetic.main_of(number, stages) for number in numbers]
            with closing(target.store(address)) as store:
                seconds, trips = _timed_trace(store, starts)
            edges = len(starts) * (stages * (4 * synthetic.FAN + 1) + 1)
            what = f"trace {3 * stages + 2} deep, {edges:,} edges"
            yield Figure(what, f"{trips} round trips", f"{seconds * 1000:,.0f} ms")


_PARTS = {"ingesting": _ingesting, "tracing": _tracing, "imported": _imported}

if __name__ == "__main__":
    main()
