"""Runs a part of a benchmark in its own process and measures its cost."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Cost(NamedTuple):
    """Seconds of wall clock, seconds of processor time of all its processes, and MiB of the largest of them."""

    wall_s: float
    processor_s: float
    peak_mib: float


def run(command: Sequence[str | Path]) -> tuple[Cost, str]:
    """Run a command to its end; returns its cost and its output. Raises CalledProcessError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    waiter = [sys.executable, "-c", _WAITER, *map(str, command)]
    done = subprocess.run(waiter, cwd=ROOT, check=True, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    text, _, peak = done.stdout.rstrip("\n").rpartition("\n")
    return Cost(wall, spent, int(peak) / 1024), text


_WAITER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A process can query the peak memory of its own children only, so each command gets its own parent process."""


def median_of(runs: int, measure: Callable[[], float]) -> float:
    """The median of several measurements."""
    return median(measure() for _ in range(runs))
