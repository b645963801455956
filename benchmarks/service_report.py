"""Measure the service on SQLite and on a Neo4j server, and write docs/benchmarks-service.md.

python -m benchmarks.service_report [--server URI --credentials FILE] [--alerts N] [--burst N] [--edges MILLIONS]
    [--clients N] [--seconds N] [--only PART...] [--graph FILE] [--out FILE]

Without --server only SQLite is measured. On the server temporary cases are created, and dropped. --graph is a file that
`benchmarks.graphql_load` filled. The page is written after each part, so an interrupted run keeps the figures so far.
"""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import graphql_load, service
from benchmarks.measuring import ROOT
from benchmarks.report import Figure, table
from provenance.store import open_store
from provenance.store.neo4j import Neo4jStore

_PARTS = ("alerts", "graphql")
HEAD = """# Benchmarks of the service

Written by `python -m benchmarks.service_report`; absolute figures hold for one machine on one day. Service, clients and
the Neo4j server share the processors.
"""
NOTES = """
- **POST to finished backtrack** is for alerts of the bundled incident, one after the other, from the request to the response
  with the result, on a service that was just started and reports that it is ready.
- **A page of alerts** is the query of the first screen of an investigation, one after the other; meanwhile alerts of 200
  programs of the incident are traced, all at once.
- **Burst**: alerts of 200 programs of the incident in one request; the service is killed (-9) when a third of them is done, and
  started again. *Lost* and *done twice* are counted from the store and from what both servers logged.
- **Clients** send operations without a pause, in random order: hosts, entities, neighbours and evidence, searches, process
  trees, traces and pages of traces, on a graph of break-ins of 1,026 edges each, from 978 starts for a million edges. The
  service is never idle, so the number of operations per second is more meaningful than the times.
"""


def main(arguments: list[str] | None = None) -> None:
    """Measures, prints one line for each figure and writes the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service_report")
    parser.add_argument("--server")
    parser.add_argument("--credentials", type=Path)
    parser.add_argument("--alerts", type=int, default=10)
    parser.add_argument("--burst", type=int, default=1_000)
    parser.add_argument("--edges", type=float, default=1.0, help="millions of edges")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--only", choices=_PARTS, nargs="+", default=_PARTS)
    parser.add_argument("--graph", help="an SQLite store that benchmarks.graphql_load filled")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks-service.md")
    options = parser.parse_args(arguments)
    figures = [Figure("load of the machine before", f"{os.getloadavg()[0]:.1f}", "runnable processes")]
    for part in _parts(options):
        for figure in part:
            figures.append(figure)
            print(f"{figure.what}: {figure.value}", flush=True)  # noqa: T201
        options.out.write_text(table(figures, datetime.now(UTC), HEAD, NOTES), encoding="utf-8")


def _parts(options: argparse.Namespace) -> Iterator[Iterable[Figure]]:
    for server in [None, options.server] if options.server else [None]:
        store_name = "Neo4j" if server else "SQLite"
        credentials = options.credentials if server else None
        for part in options.only:
            with ExitStack() as stack:
                case = stack.enter_context(_case(server, credentials)) if server else None
                if part == "alerts":
                    lines = service.measure(case, credentials, options.alerts, options.burst)
                else:
                    load = options.edges, options.clients, options.seconds
                    lines = graphql_load.measure(case or options.graph, credentials, *load)
                yield (_figure(store_name, line) for line in lines)


def _figure(store: str, line: str) -> Figure:
    what, _, value = line.partition(": ")
    return Figure(f"{store}: {what}", value)


@contextmanager
def _case(server: str, credentials: Path | None) -> Iterator[str]:
    address = f"{server}?case=benchmark-{secrets.token_hex(4)}"
    try:
        yield address
    finally:
        store = open_store(address, credentials=credentials)
        if isinstance(store, Neo4jStore):
            store.drop()
        store.close()


if __name__ == "__main__":
    main()
