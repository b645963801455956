"""`provenance ingest`: reads audit logs into a store."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from provenance.cli.input import STDIN
from provenance.cli.options import COUNT, HOST, PATH, Argument, Command, Option, Options, format_option, store_options
from provenance.cli.output import print_note
from provenance.cli.progress import progress_bar
from provenance.cli.stores import announcing_creation, opened
from provenance.intake.reading.chain import UNNAMED
from provenance.intake.reading.progress import IngestResult
from provenance.intake.run import ingest
from provenance.intake.unstored_events import no_flows
from provenance.render.as_json import dump
from provenance.render.lines import write_texts
from provenance.store.interface import Lines
from provenance.text.counts import counted
from provenance.text.escape import visible

_WAIT_S = 3600.0
"""How long an ingest waits for another one that writes into the same store."""


def run(options: Options) -> int:
    """Ingests the logs and prints the counts. Returns 2 when a log could not be read to its end."""
    with (
        announcing_creation(options.store),
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
            day_first=None if options.dates is None else options.dates == "day-first",
        )
    for note in notes(done):
        print_note(note)
    if options.format == "json":
        dump(_document(done), sys.stdout)
    else:
        write_texts(summary(done), sys.stdout)
    return 2 if done.problems else 0


def notes(done: IngestResult) -> Iterator[str]:
    """Problems and warnings of an ingest, one line each."""
    yield from done.problems
    if done.unnamed:
        yield f"lines that name no host are stored under the host name '{UNNAMED}': name their host with --host NAME"
    if len(done.overridden_hostnames) > 1:
        names = ", ".join(sorted(done.overridden_hostnames))
        yield (
            f"--host stored the lines of several hosts under one name; without it, each line gets the host in its syslog "
            f"header: {names}"
        )
    quiet = {host: events for host, events in done.without_flows.items() if host in done.hosts}
    if quiet and not done.problems:
        yield no_flows(sum(quiet.values()), sorted(quiet))
    for one, other in done.doubtful:
        yield (
            f"{one} and {other} hold records of one host name at the same times, with serials that have nothing in common: if"
            " they are of two machines, ingest each with its own --host NAME into a new store; else the clock was set back"
        )
    for path, date in done.ambiguous.items():
        yield (
            f"{path}: its dates, such as {date}, are ambiguous and were read with the month first; for a file of a locale"
            " with the day first (`ausearch -i` in fr_FR or en_GB) use --dates day-first and a new store"
        )
    for path, date in done.open_years.items():
        yield (
            f"{path}: all its dates are of one day, which was read as {date}; if the locale writes the year first (ne_NP), that"
            " is wrong: write the file anew with LC_TIME=C ausearch -i, and ingest it into a new store. If the date is right,"
            " --dates says so"
        )
    for path in done.cut:
        again = (
            "pipe the whole log in again to add it" if path == STDIN else "the next ingest of this file reads it again"
        )
        yield f"{path}: the last line does not end in a newline and may be incomplete; it was not read, and {again}"


def _document(done: IngestResult) -> dict[str, object]:
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


def summary(done: IngestResult) -> Iterator[str]:
    """The counts of an ingest in one line, or two when there were events or lines of a special kind."""
    names = ", ".join(visible(name) for name in sorted(done.hosts))
    yield f"{counted(done.lines, 'line')}, {counted(done.events, 'new event')} of {names or 'no host'}"
    special = {
        f"{counted(done.known, 'event')} already in the store": done.known,
        counted(done.corrupt, "corrupt line"): done.corrupt,
        counted(done.incomplete, "incomplete event"): done.incomplete,
        counted(done.late, "late event"): done.late,
    }
    counts = ", ".join(text for text, count in special.items() if count)
    if counts:
        yield f"  {counts}"


command = Command(
    "ingest",
    run,
    "Read auditd logs into a store. Run it again whenever the logs have grown: it adds the new events and skips those that the"
    " store already holds.",
    [
        Argument(
            "paths",
            "PATH...",
            "log file, quoted glob pattern, folder of rotated logs, or - for standard input; .gz, .xz and .zst files are"
            " decompressed",
            type=PATH,
            nargs=-1,
            required=True,
        ),
        *store_options(),
        Option(
            "--host",
            type=HOST,
            metavar="NAME",
            help="host name for lines that have no node= field (auditd writes one when name_format is set); default: the"
            " host in their syslog header",
        ),
        Option(
            "--dates",
            type=click.Choice(("month-first", "day-first")),
            help="order of the dates that `ausearch -i` wrote, such as 11/12/2026; default: the order that the dates of the"
            " file show",
        ),
        Option(
            "--jobs",
            type=COUNT,
            default=1,
            metavar="N",
            help="number of processes that parse logs, for logs of several hosts: one host's log is always parsed by one"
            " process. From 2 on, one more process writes into the store. Default: 1, a single process that does both",
        ),
        Option(
            "--lines",
            type=click.Choice([mode.value for mode in Lines]),
            default=Lines.KEEP.value,
            help="raw log lines: `keep` stores them compressed (default), `reference` stores only their position in the log"
            " file, `none` does neither",
        ),
        Option("--no-wait", is_flag=True, help="fail at once if another ingest is writing into the store"),
        format_option(),
    ],
    (
        "provenance ingest /var/log/audit",
        "provenance ingest --host web01 /var/log/audit/audit.log",
        "cat /var/log/audit/audit.log | provenance ingest -",
    ),
)
