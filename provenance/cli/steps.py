"""The progress bar of work in named steps, on standard error and only when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from provenance.text.escape import cut, visible
from provenance.transfer.chunks import Report, Step

_COLUMNS = 30


@contextmanager
def step_bar() -> Iterator[Report]:
    """Shows a progress bar while its block runs; yields the function that takes the reports of the steps."""
    console = Console(file=sys.stderr, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.completed:,.0f}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("", total=None)
        current = ""

        def report(now: Step) -> None:
            nonlocal current
            if now.what != current:
                current = now.what
                bar.reset(task, total=now.total, description=cut(visible(now.what), _COLUMNS))
            bar.update(task, completed=now.done, total=now.total)

        yield report
