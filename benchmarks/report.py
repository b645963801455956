"""Writes the measured figures as the table of docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

HEAD = """# Benchmarks

Written by `python -m benchmarks`; absolute figures hold for one machine on one day; ratios are comparable.
"""
NOTES = """
- **Log**: the bundled incident repeated many times with shifted times and serials; RAW, without `node=`. **Logs of two hosts**
  are its halves, each with its own `node=`.
- **Parsing** is every field of every record, decoded; seconds are processor time. libauparse is read through its Python
  binding (`get_field_str`), ausearch only finds where events begin and end.
- **Log to committed graph** is the whole command, from the start of Python to the last commit and the join across hosts, in
  wall-clock time, and beside it the processor time of all its processes, which other load on the machine affects less;
  memory is the peak of the largest process.
- **Traces** are of synthetic graphs of interleaved break-ins, each with 1,025 edges from the way in to its end:
  backward trace, ways in and story, in a newly opened store (the file is in the system's cache).
- **Short commands** run in turns with an interpreter that does nothing; seconds are processor time, on a store of the bundled
  incident.
"""


class Figure(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    compared: str = ""


def table(figures: Iterable[Figure], when: datetime, head: str = HEAD, notes: str = NOTES) -> str:
    """The page: title, machine, table and notes."""
    machine = f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}, {when:%Y-%m-%d}"
    rows = [f"| {figure.what} | {figure.value} | {figure.compared} |" for figure in figures]
    return "\n".join((head, f"{machine}.", "", "| what | measured | compared |", "|---|---|---|", *rows, notes))
