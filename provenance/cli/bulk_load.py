"""`provenance bulk-load`: writes a store, or logs, as files for Neo4j's offline import."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from provenance.cli.ingest import notes
from provenance.cli.options import (
    COUNT,
    DEFAULT_STORE,
    FOLDER,
    HOST,
    PATH,
    STORE,
    STORE_VARIABLE,
    Argument,
    Command,
    Option,
    Options,
    Parsed,
    credentials_option,
)
from provenance.cli.output import print_note
from provenance.cli.progress import progress_bar
from provenance.cli.steps import step_bar
from provenance.cli.stores import opened
from provenance.errors import UsageError
from provenance.intake.run import ingest
from provenance.render.lines import write_texts
from provenance.store.interface import Lines, Store
from provenance.text.counts import counted
from provenance.text.escape import visible

_DATABASE = "neo4j"
_LONGEST = 200
_NAME = re.compile(r"(?!system)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.IGNORECASE | re.ASCII)
"""https://neo4j.com/docs/operations-manual/current/database-administration/standard-databases/naming-databases"""


def run(options: Options) -> int:
    """Writes the files and prints the import command. Returns 2 when a log could not be read to its end."""
    from provenance.transfer.neo4j_import import export, finished  # loads the driver of Neo4j
    from provenance.transfer.neo4j_import.command import line as command_line

    if options.paths and options.store:
        raise UsageError("give either logs or a store, not both")
    problems: list[str] = []
    with finished(options.output) as folder:
        with _source(options, folder, problems) as source, step_bar() as report:
            done = export(source, folder, options.case, options.database, report, options.lines == "keep")
        for temporary in folder.glob(".log-*"):
            temporary.unlink()
    name = visible(str(options.output))
    written = f"{counted(done.nodes, 'entity')}, {counted(done.flows, 'flow')}"
    write_texts(
        (
            f"{written} written to {counted(done.files, 'file')} in {name}",
            f"stop the Neo4j server, then run {name}/import.sh as the server's user; it runs this command:",
        ),
        sys.stdout,
    )
    sys.stdout.write(visible(command_line(done.command, str(options.output.absolute()))) + "\n")
    return 2 if problems else 0


@contextmanager
def _source(options: Options, folder: Path, problems: list[str]) -> Iterator[Store]:
    """The store to write as files. Logs are ingested into a temporary store first, which removes repeated events."""
    if not options.paths:
        address = options.store or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
        with opened(address, credentials=options.credentials) as store:
            yield store
        return
    lines = Lines(options.lines)
    with opened(str(folder / ".log-graph.db"), create=True, lines=lines) as store:
        with progress_bar() as report:
            done = ingest(store, options.paths, options.host, options.jobs, report, lines is Lines.KEEP)
        problems += done.problems
        for note in notes(done):
            print_note(note)
        yield store


def _database(text: str) -> str:
    """A valid database name. The printed command replaces the whole database, so the names of Neo4j's own databases,
    which hold its users, are rejected. Raises UsageError."""
    if not _NAME.fullmatch(text):
        raise UsageError(
            f"invalid database name '{text[:80]}': expected 3 to 63 letters, digits, dots and dashes, not beginning with"
            " `system`"
        )
    return text


def _case(text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise UsageError(f"invalid case name '{text[:80]}': expected at most {_LONGEST} printable characters")
    return text


command = Command(
    "bulk-load",
    run,
    "Load a large history into Neo4j for the first time, faster than `copy` or `ingest` can. This command writes the graph of a"
    " store, or of log files, as files for `neo4j-admin database import full`, and prints the command that imports them. The"
    " Neo4j server must be stopped during the import.",
    [
        Argument(
            "paths",
            "[PATH]...",
            "log files to read, as for `provenance ingest`; without any, the store is read",
            type=PATH,
            nargs=-1,
        ),
        Option("--output", type=FOLDER, required=True, metavar="FOLDER", help="folder to create for the files"),
        Option(
            "--store",
            type=STORE,
            metavar="STORE",
            help=f"path or URI of the store to read; default: the environment variable {STORE_VARIABLE}, else"
            f" {DEFAULT_STORE}",
        ),
        credentials_option(),
        Option(
            "--case",
            type=Parsed("case", _case),
            default="",
            metavar="NAME",
            help="name of the case in the database; one database can hold several cases; default: no name",
        ),
        Option(
            "--database",
            type=Parsed("database", _database),
            default=_DATABASE,
            metavar="NAME",
            help=f"database to import into; default: {_DATABASE}",
        ),
        Option(
            "--host",
            type=HOST,
            metavar="NAME",
            help="host name for lines that have no node= field, as for `provenance ingest`",
        ),
        Option("--jobs", type=COUNT, default=1, metavar="N", help="number of processes that parse logs; default: 1"),
        Option(
            "--lines",
            type=click.Choice(("keep", "none")),
            default="keep",
            help="raw log lines: `keep` writes them (default), `none` leaves them out",
        ),
    ],
    ("provenance bulk-load --output import", "provenance bulk-load --output import /var/log/audit"),
)
