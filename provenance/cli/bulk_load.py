"""`provenance bulk-load`: a store, or logs, as files for Neo4j's offline import."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provenance.cli.ingest import remarks
from provenance.cli.output import remark
from provenance.cli.parser import DEFAULT_STORE, STORE_VARIABLE, Commands, add_credentials, positive, typed
from provenance.cli.progress import progress_bar
from provenance.cli.steps import step_bar
from provenance.cli.stores import opened
from provenance.errors import UsageError
from provenance.intake.run import ingest
from provenance.store.interface import Lines, Store
from provenance.text.escape import visible
from provenance.transfer.neo4j_import import Exported, export, finished
from provenance.transfer.neo4j_import.command import line

_DATABASE = "neo4j"
_LONGEST = 200
_NAME = re.compile(r"(?!system)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.IGNORECASE | re.ASCII)
"""https://neo4j.com/docs/operations-manual/current/database-administration/standard-databases/naming-databases"""


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "bulk-load",
        help="a store, or logs, as files for Neo4j's offline import",
        description="Write a store, or what logs say, as files for `neo4j-admin database import full`, and print the"
        " command that imports them. For a first big history: the server must be stopped meanwhile.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="logs to read, as for ingest; none: what STORE holds")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="a folder to make for the files")
    parser.add_argument(
        "--store",
        metavar="STORE",
        help=f"path or URI of the store to write out; default: {STORE_VARIABLE}, else {DEFAULT_STORE}",
    )
    add_credentials(parser)
    parser.add_argument(
        "--case", type=typed(_case), default="", metavar="NAME", help="the case it becomes; default: ''"
    )
    parser.add_argument(
        "--database",
        type=typed(_database),
        default=_DATABASE,
        metavar="NAME",
        help=f"the database to import into; default: {_DATABASE}",
    )
    parser.add_argument("--host", metavar="NAME", help="the host of lines without node=, as for ingest")
    parser.add_argument("--jobs", type=typed(positive), default=1, metavar="N", help="processes that read logs")
    parser.add_argument("--lines", choices=("keep", "none"), default="keep", help="raw lines: keep (default) or none")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the files and prints the command."""
    if options.paths and options.store:
        raise UsageError("give either logs or a store, not both")
    problems: list[str] = []
    with finished(options.output) as folder:
        with _source(options, folder, problems) as source, step_bar() as report:
            done = export(source, folder, options.case, options.database, report, options.lines == "keep")
        for left in folder.glob(".log-*"):
            left.unlink()
    for text in _told(done, options.output):
        sys.stdout.write(text + "\n")
    return 2 if problems else 0


@contextmanager
def _source(options: argparse.Namespace, folder: Path, problems: list[str]) -> Iterator[Store]:
    """The store to write out; logs are read into one of their own first, which sorts out what repeats."""
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
        for text in remarks(done):
            remark(text)
        yield store


def _told(done: Exported, folder: Path) -> Iterator[str]:
    yield f"{done.nodes:,} entities, {done.flows:,} flows in {done.files} files in {visible(str(folder))}"
    yield "stop the server and, as its user, run import.sh there, which is:"
    yield visible(line(done.command, str(folder.absolute())))


def _database(text: str) -> str:
    """The printed command replaces a whole database: Neo4j's own, with its users in it, is none to import into."""
    if not _NAME.fullmatch(text):
        raise UsageError(
            "a database's name is 3 to 63 letters, digits, dots and dashes, and does not begin with system"
        )
    return text


def _case(text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable():
        raise UsageError(f"a case's name has at most {_LONGEST} printable characters")
    return text
