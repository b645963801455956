"""Starting: the processor time of short commands, beside that of an interpreter that does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.measuring import ROOT
from benchmarks.report import Figure

_LOG = ROOT / "provenance" / "demo" / "data" / "web01.log.xz"
_ROUNDS = 10
"""Rounds of each run: the commands are short."""
NOTHING = "python -c pass"


def starting(folder: Path, runs: int) -> Iterator[Figure]:
    """Short commands and the bare interpreter in turns, so that other load on the machine meets all of them alike."""
    store = folder / "starting.db"
    program = [sys.executable, "-m", "provenance"]
    subprocess.run([*program, "ingest", "--store", store, _LOG], cwd=ROOT, check=True, capture_output=True)
    commands: dict[str, Sequence[str | Path]] = {
        NOTHING: [sys.executable, "-c", "pass"],
        "provenance --help": [*program, "--help"],
        "provenance --version": [*program, "--version"],
        "provenance bactrack (a typo)": [*program, "bactrack"],
        "provenance without arguments": program,
        "provenance find --command curl": [*program, "find", "--store", store, "--command", "curl"],
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs * _ROUNDS):
        for name, command in commands.items():
            spent[name].append(_processor_s(command))
    bare = median(spent[NOTHING])
    for name, seconds in spent.items():
        compared = "" if name == NOTHING else f"{median(seconds) / bare:.1f} of `{NOTHING}`"
        yield Figure(f"`{name}`", f"{median(seconds) * 1e3:.0f} ms of processor", compared)


def _processor_s(command: Sequence[str | Path]) -> float:
    """The processor time of a command and its children, whatever its exit code."""
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime
