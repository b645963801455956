"""What a run with `--cov` says in the end: the whole, and each file of which less than 95 % was executed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from coverage.exceptions import NoDataError

ENOUGH = 95.0


class Measured(Protocol):
    """What is used of `coverage.Coverage`."""

    def json_report(self, *, outfile: str) -> float: ...


def report(measured: Measured) -> Iterator[str]:
    """The lines of the report: files below 95 %, the least covered first, with what was never executed, then the whole."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        try:
            measured.json_report(outfile=str(file))
        except NoDataError:
            yield "nothing was measured"
            return
        found = json.loads(file.read_text("utf-8"))
    yield from lines(found)


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The same of coverage's JSON."""
    below = [(file["summary"]["percent_covered"], name, file) for name, file in found["files"].items()]
    below = sorted((one for one in below if one[0] < ENOUGH), key=lambda one: one[:2])
    yield f"branch coverage below {ENOUGH:g} %: {len(below)} of {len(found['files'])} files"
    for percent, name, file in below:
        yield f"  {percent:5.2f} %  {name}  not executed: {_missing(file)}"
    yield f"  {found['totals']['percent_covered']:5.2f} %  of all"


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
