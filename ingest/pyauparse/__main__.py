"""The command `python -m ingest.pyauparse FILE... --format json|text|summary`: prints the events of audit logs.

Exit codes: 0 done, 1 no event found, 2 wrong use or unreadable input (the events before it are printed), 130 interrupted.
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
_TYPES_SHOWN = 40


def main(argv: Sequence[str] | None = None) -> int:
    """Read the files that the arguments name, print their events and return the exit code."""
    arguments = argparse.ArgumentParser(prog="python -m ingest.pyauparse", description="Read Linux audit logs.")
    arguments.add_argument(
        "paths", nargs="+", metavar="FILE", help="file, glob, folder of rotated logs, or - for standard input"
    )
    arguments.add_argument("--format", choices=("json", "text", "summary"), default="text")
    arguments.add_argument(
        "--node",
        metavar="NAME",
        help="host name of lines without node= (default: the host name in their syslog header)",
    )
    options = arguments.parse_args(argv)
    parser = Parser(options.node)
    summary = Summary()
    code = 0
    try:
        for path in expand(options.paths):
            code = max(code, _read(path, parser, options.format, summary))
        for event in parser.close():
            _print_event(event, options.format, summary)
        if options.format == "summary":
            summary.write(parser, sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except AuditInputError as error:
        _print_error(str(error))
        return 2
    except KeyboardInterrupt:
        _print_error("interrupted")
        return 130
    if parser.counts.events == 0 and code == 0:
        lines = "1 line" if parser.counts.lines == 1 else f"{parser.counts.lines} lines"
        _print_error(f"{', '.join(options.paths)}: no audit record in a known format, in {lines}")
    return code or (0 if parser.counts.events else 1)


def _read(path: str, parser: Parser, output_format: str, summary: Summary) -> int:
    first = True
    try:
        for chunk in content(path):
            if first:
                check(chunk, path)
                first = False
            for event in parser.feed(chunk):
                _print_event(event, output_format, summary)
        if first:
            check(b"", path)
    except AuditInputError as error:
        _print_error(str(error))
        return 2
    return 0


def _print_event(event: Event, output_format: str, summary: Summary) -> None:
    if output_format == "summary":
        summary.add(event)
    elif output_format == "json":
        sys.stdout.write(json.dumps(document(event)) + "\n")
    else:
        sys.stdout.write("\n".join(lines(event)) + "\n")


def document(event: Event) -> dict[str, object]:
    """An event as JSON: its fields, decoded and interpreted."""
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
    """An event as lines of text: a head, then one line for each record with its fields interpreted. Control characters are
    escaped."""
    node = f"{event.node} " if event.node else ""
    rendered = [f"{node}{event.time}:{event.serial}{'' if event.complete else ' (incomplete)'}"]
    for record in event.records:
        fields = " ".join(f"{name}={value}" for name, value in record.interpreted.items())
        rendered.append(f"  {record.type} {fields}")
    return [line.translate(_VISIBLE) for line in rendered]


class Summary:
    """Counts of a log's lines, records, events, nodes and record types."""

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
        for name, amount in (*self.nodes.most_common(), *self.types.most_common(_TYPES_SHOWN)):
            out.write(f"  {amount:>12,}  {name.translate(_VISIBLE)}\n")


def _print_error(text: str) -> None:
    sys.stderr.write(f"pyauparse: {text.translate(_VISIBLE)}\n")


if __name__ == "__main__":
    sys.exit(main())
