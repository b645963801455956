"""The progress bar, on standard error and only when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from provenance.intake.reading.progress import Progress as Report
from provenance.text.escape import cut, visible

_SOURCE_COLUMNS = 30


@contextmanager
def progress_bar() -> Iterator[Callable[[Report], None]]:
    """A bar for the length of a block; what it gives takes the pipeline's reports."""
    console = Console(file=sys.stderr, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TextColumn("{task.fields[events]:,} events"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
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
