"""`python -m ingest.pyauparse FILE... --format json|text|summary`: an audit log as events, on its own.

Exit codes: 0 done, 1 no event found, 2 wrong use or unreadable input (what was readable before is printed), 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from .errors import AuditInputError
from .event import Event
from .parser import Parser
from .sources import check, content, expand

_VISIBLE = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_TYPES_TOLD = 40


def main(argv: Sequence[str] | None = None) -> int:
    """Read the files that the arguments name and print their events; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ingest.pyauparse", description="Read Linux audit logs.")
    parser.add_argument(
        "paths", nargs="+", metavar="FILE", help="file, glob, folder of rotated logs, or - for standard input"
    )
    parser.add_argument("--format", choices=("json", "text", "summary"), default="text")
    parser.add_argument(
        "--node",
        metavar="NAME",
        help="host name of lines without node= (default: the host name in their syslog header)",
    )
    options = parser.parse_args(argv)
    reading = Parser(options.node)
    told = Summary()
    code = 0
    try:
        for path in expand(options.paths):
            code = max(code, _read(path, reading, options.format, told))
        for event in reading.close():
            _tell(event, options.format, told)
        if options.format == "summary":
            told.write(reading, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except AuditInputError as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    if reading.counts.events == 0 and code == 0:
        _complain(f"{', '.join(options.paths)}: no audit record in a known format, in {reading.counts.lines} lines")
    return code or (0 if reading.counts.events else 1)


def _read(path: str, parser: Parser, form: str, told: Summary) -> int:
    first = True
    try:
        for piece in content(path):
            if first:
                check(piece, path)
                first = False
            for event in parser.feed(piece):
                _tell(event, form, told)
        if first:
            check(b"", path)
    except AuditInputError as error:
        _complain(str(error))
        return 2
    return 0


def _tell(event: Event, form: str, told: Summary) -> None:
    if form == "summary":
        told.add(event)
    elif form == "json":
        sys.stdout.write(json.dumps(document(event)) + "\n")
    else:
        sys.stdout.write("\n".join(lines(event)) + "\n")


def document(event: Event) -> dict[str, object]:
    """An event as JSON: decoded fields, and what they mean."""
    return {
        "node": event.node,
        "time": str(event.time),
        "serial": event.serial,
        "complete": event.complete,
        "records": [
            {"type": record.type, "fields": record.fields, "interpreted": record.interpreted}
            for record in event.records
        ],
    }


def lines(event: Event) -> list[str]:
    """An event as text: a head, then a line a record with its fields interpreted. Control characters are made visible."""
    node = f"{event.node} " if event.node else ""
    told = [f"{node}{event.time}:{event.serial}{'' if event.complete else ' (incomplete)'}"]
    for record in event.records:
        fields = " ".join(f"{name}={value}" for name, value in record.interpreted.items())
        told.append(f"  {record.type} {fields}")
    return [line.translate(_VISIBLE) for line in told]


class Summary:
    """What a log holds, in counts."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.nodes: Counter[str] = Counter()
        self.first: str | None = None
        self.last: str | None = None

    def add(self, event: Event) -> None:
        """Count an event."""
        self.types.update(record.type for record in event.records)
        self.nodes[event.node or "(no node)"] += 1
        self.first = self.first or str(event.time)
        self.last = str(event.time)

    def write(self, parser: Parser, out: TextIO) -> None:
        """Print the counts."""
        counts = parser.counts
        for name in ("lines", "records", "events", "bytes", "blank", "other", "corrupt", "incomplete", "late"):
            out.write(f"{name:<11}{getattr(counts, name):>14,}\n")
        out.write(f"{'time':<11}{self.first} to {self.last}\n")
        for name, amount in (*self.nodes.most_common(), *self.types.most_common(_TYPES_TOLD)):
            out.write(f"  {amount:>12,}  {name.translate(_VISIBLE)}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"pyauparse: {text.translate(_VISIBLE)}\n")


if __name__ == "__main__":
    sys.exit(main())
