"""Measure parsing, ingest, tracing and the start of short commands, and write docs/benchmarks.md.

python -m benchmarks [--copies N] [--runs N] [--edges MILLIONS...] [--only PART...] [--out FILE]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import inputs, parts
from benchmarks.measuring import ROOT
from benchmarks.report import Figure, table
from benchmarks.starting import starting

_PARTS = ("parsing", "ingesting", "tracing", "starting")


def main(arguments: list[str] | None = None) -> None:
    """Runs the selected parts, prints the figures and writes the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--copies", type=int, default=33, help="how many times the log repeats the incident")
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement; the median is reported")
    parser.add_argument("--edges", type=float, nargs="+", default=[1, 3], help="millions of edges (10 takes minutes)")
    parser.add_argument("--only", choices=_PARTS, nargs="+", default=_PARTS)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args(arguments)
    figures = []
    with tempfile.TemporaryDirectory(prefix="provenance-benchmarks-") as folder:
        for figure in _measure(options, Path(folder)):
            figures.append(figure)
            print(f"{figure.what}: {figure.value}  {figure.compared}", flush=True)  # noqa: T201
    options.out.write_text(table(figures, datetime.now(UTC)), encoding="utf-8")


def _measure(options: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    if "parsing" in options.only or "ingesting" in options.only:
        log = inputs.write_log(folder / "web01.log", options.copies)
        if "parsing" in options.only:
            yield from parts.parsing(log, options.runs)
        if "ingesting" in options.only:
            events = inputs.events_in(log)
            yield Figure("the log", f"{events:,} events", f"{log.stat().st_size / 1e6:,.0f} MB")
            yield from parts.ingesting(log, folder, options.runs, events)
    if "tracing" in options.only:
        yield from parts.tracing(folder, options.edges)
    if "starting" in options.only:
        yield from starting(folder, options.runs)


if __name__ == "__main__":
    main()
