"""The progress bar of an ingest, on standard error and only when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from provenance.intake.reading.progress import Progress as Report
from provenance.text.escape import cut, visible

_SOURCE_COLUMNS = 30


@contextmanager
def progress_bar() -> Iterator[Callable[[Report], None]]:
    """Shows a progress bar while its block runs; yields the function that takes the progress reports of the ingest."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # Only a terminal needs it, and it takes long to load.
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, events=0)

        def report(now: Report) -> None:
            bar.update(
                task,
                description=cut(visible(now.source), _SOURCE_COLUMNS),
                completed=now.bytes_done,
                total=now.bytes_total,
                events=now.events,
            )

        yield report
