"""`provenance ingest`: logs into a store."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from provenance.cli.output import remark
from provenance.cli.parser import Commands, add_store, positive, typed
from provenance.cli.progress import progress_bar
from provenance.cli.stores import opened
from provenance.intake.reading.chain import UNNAMED
from provenance.intake.reading.progress import Ingested
from provenance.intake.run import ingest
from provenance.render.as_json import dump
from provenance.store.interface import Lines
from provenance.text.escape import visible

_WAIT_S = 3600.0


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser("ingest", help="read audit logs into a store")
    add_store(parser)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, glob, folder of rotated logs, or - for stdin")
    parser.add_argument(
        "--host",
        metavar="NAME",
        help="the host of lines without node= (auditd's name_format unset); default: that of their syslog header",
    )
    parser.add_argument(
        "--jobs",
        type=typed(positive),
        default=1,
        metavar="N",
        help="processes that read, each of other hosts, beside one that writes; default: 1, which does both",
    )
    parser.add_argument(
        "--lines",
        choices=[mode.value for mode in Lines],
        default=Lines.KEEP.value,
        help="raw lines: keep them compressed (default), refer to them in their files, or none",
    )
    parser.add_argument("--no-wait", action="store_true", help="do not wait for another ingest into the same store")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to print; default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ingests and says what came in."""
    with (
        opened(options.store, create=True, lines=options.lines, credentials=options.credentials) as store,
        progress_bar() as report,
    ):
        done = ingest(
            store,
            options.paths,
            options.host,
            options.jobs,
            report,
            lines=options.lines != Lines.NONE.value,
            wait_s=0.0 if options.no_wait else _WAIT_S,
        )
    for text in remarks(done):
        remark(text)
    if options.format == "json":
        dump(_document(done), sys.stdout)
    else:
        for line in told(done):
            sys.stdout.write(line + "\n")
    return 2 if done.problems else 0


def remarks(done: Ingested) -> Iterator[str]:
    """What is worth knowing of an ingest beside what came in, a line each."""
    yield from done.problems
    if done.older:
        yield (
            f"{done.older:,} events are older than what the store holds of their host and were not taken in: a host's logs "
            "are ingested oldest first, into a new store when older ones turn up"
        )
    if done.unnamed:
        yield f"lines that name no host were taken as those of one called {UNNAMED!r}: --host NAME says whose they are"
    if len(done.overruled) > 1:
        names = ", ".join(sorted(done.overruled))
        yield f"--host took the lines of several for one host's; without it their syslog headers tell them apart: {names}"
    for path in done.cut:
        yield (
            f"{path}: the last line does not end in a newline and may be cut: its event stays open, and is read again by"
            " the next ingest"
        )


def _document(done: Ingested) -> dict[str, object]:
    counts = {
        name: getattr(done, name) for name in ("lines", "records", "events", "known", "older", "corrupt", "bytes")
    }
    return {
        "format": "provenance-ingest/1",
        "hosts": sorted(done.hosts),
        **counts,
        "late": done.late,
        "incomplete": done.incomplete,
        "problems": done.problems,
    }


def told(done: Ingested) -> Iterator[str]:
    """What came in, in one line or two."""
    names = ", ".join(visible(name) for name in sorted(done.hosts))
    yield f"{done.lines:,} lines, {done.events:,} new events of {names or 'no host'}"
    odd = {"known already": done.known, "corrupt lines": done.corrupt, "incomplete": done.incomplete, "late": done.late}
    told = ", ".join(f"{count:,} {what}" for what, count in odd.items() if count)
    if told:
        yield f"  {told}"
