"""The report at the end of a run with `--cov`: the coverage of all files, and each file with a coverage below 95 %, with the
reason if it has one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from coverage.exceptions import NoDataError

ENOUGH = 95.0
REASONS = Path(__file__).with_name("coverage_reasons.toml")


class Measured(Protocol):
    """What is used of `coverage.Coverage`."""

    def json_report(self, *, outfile: str) -> float: ...


@dataclass(frozen=True)
class Report:
    """The lines to print, and the files below 95 % that have no reason, least covered first."""

    lines: list[str]
    unexplained: list[str]


def report(measured: Measured) -> Report:
    """The report of a run."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        try:
            measured.json_report(outfile=str(file))
        except NoDataError:
            return Report(["nothing was measured"], [])
        return report_of(json.loads(file.read_text("utf-8")), reasons())


def reasons() -> dict[str, str]:
    """Why a file may stay below 95 %, by its path from the root of the repository."""
    return tomllib.loads(REASONS.read_text("utf-8"))


def report_of(found: Mapping[str, Any], reasons: Mapping[str, str]) -> Report:
    """The report of coverage's JSON: files below 95 %, the least covered first, with what was never executed, then the total."""
    below = [(file["summary"]["percent_covered"], name, file) for name, file in found["files"].items()]
    below = sorted((one for one in below if one[0] < ENOUGH), key=lambda one: one[:2])
    lines = [f"branch coverage below {ENOUGH:g} %: {len(below)} of {len(found['files'])} files"]
    for percent, name, file in below:
        lines.append(f"  {percent:5.2f} %  {name}  not executed: {_missing(file)}")
        if name in reasons:
            lines.append(f"           reason: {reasons[name]}")
    lines.append(f"  {found['totals']['percent_covered']:5.2f} %  of all")
    unexplained = [name for _, name, _ in below if name not in reasons]
    lines.append(f"files below {ENOUGH:g} % without a reason in tests/{REASONS.name}: {len(unexplained)}")
    return Report(lines, unexplained)


def _missing(file: Mapping[str, Any]) -> str:
    """Lines, and branches as FROM->TO (0 is the end of the function)."""
    ways = [
        f"{start}->{max(end, 0)}"
        for start, end in file.get("missing_branches", ())
        if start not in file["missing_lines"]
    ]
    return ", ".join([*_ranges(file["missing_lines"]), *ways]) or "nothing"


def _ranges(numbers: list[int]) -> Iterator[str]:
    """Numbers in order as `3` and `5-8`."""
    first = last = None
    for number in [*numbers, None]:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None:
            yield str(first) if first == last else f"{first}-{last}"
        first = last = number
