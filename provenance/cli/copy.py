"""`provenance copy`: copies a whole store into another."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from provenance.cli.options import FILE, STORE, Argument, Command, Option, Options, credentials_option
from provenance.cli.output import print_error
from provenance.cli.steps import step_bar
from provenance.cli.stores import opened
from provenance.errors import StoreError, UsageError
from provenance.render.lines import write_texts
from provenance.store.interface import Store
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.transfer.chunks import Report, Step
from provenance.transfer.copy import CopyResult, copy
from provenance.transfer.digest import digest

_MORE = "the target already held more data of the same hosts before the copy"
_CHANGED = "the target was changed after an earlier, interrupted copy: copy into a new target"
_NO_DOCUMENTS = (
    "no documents of a service copied (results of alerts, incidents, marks, pins): the source has none, or its user may"
    " not read them"
)
_PORT = 7687
_LOCAL_HOST = frozenset(("localhost", "127.0.0.1", "::1"))


def run(options: Options) -> int:
    """Copies, then compares the digests of both stores. Raises StoreError when they differ."""
    if _is_same_store(options.source, options.target):
        raise UsageError(f"{options.source} is both the source and the target")
    with (
        opened(options.source, credentials=options.source_credentials or options.credentials) as source,
        opened(options.target, create=True, credentials=options.credentials) as target,
        step_bar() as report,
    ):
        copied = copy(source, target, report, options.lines == "keep")
        same = _equal(source, target, report)
        reasons = copied.differs or (_CHANGED if copied.before else _MORE,)
    if not copied.documents and "://" in options.source:
        print_error(f"{options.source}: {_NO_DOCUMENTS}")
    write_texts([_summary(copied, options.target) + ("; the stores are equal" if same else "")], sys.stdout)
    if not same:
        raise StoreError(f"{options.target} and {options.source} differ: {'; '.join(reasons)}")
    return 0


def _equal(source: Store, target: Store, report: Report) -> bool:
    report(Step("comparing", 0))
    return digest(source) == digest(target)


def _summary(copied: CopyResult, target: str) -> str:
    counts = f"{counted(copied.nodes, 'entity')}, {counted(copied.flows, 'flow')} copied to {visible(target)}"
    return f"{counts} ({copied.before:,} more by an earlier, interrupted copy)" if copied.before else counts


def _is_same_store(source: str, target: str) -> bool:
    """Whether two names are names of one store, as far as the names alone can show."""
    source_path, target_path = (Path(name.removeprefix("sqlite:")) for name in (source, target))
    return _location(source) == _location(target) or (
        target_path.exists() and source_path.exists() and source_path.samefile(target_path)
    )


def _location(name: str) -> tuple[object, ...]:
    """The parts of a store's name that identify it, each in one spelling."""
    if "://" not in name:
        return (name,)
    from provenance.store.neo4j.address import parse  # imports the driver, which an embedded store does not need

    address = parse(name)
    server = urlsplit(address.uri)
    host = "localhost" if server.hostname in _LOCAL_HOST else server.hostname
    return host, server.port or _PORT, address.database, address.case


command = Command(
    "copy",
    run,
    "Copy a store into another one, then compare the two: to move it to Neo4j, or to make a backup. After an interruption,"
    " run the same command again: it continues where it stopped. The exit code is 0 if both stores hold the same, 2 if they"
    " differ; the error then says where.",
    [
        Argument("source", "SOURCE", "path or URI of the store to read", type=STORE),
        Argument(
            "target", "TARGET", "path or URI of the store to write; it is created if it does not exist", type=STORE
        ),
        Option(
            "--lines",
            type=click.Choice(("keep", "none")),
            default="keep",
            help="raw log lines: `keep` copies them (default; lines of which SOURCE stores only the position are read from"
            " their log files), `none` leaves them out",
        ),
        credentials_option(),
        Option(
            "--source-credentials",
            type=FILE,
            metavar="FILE",
            help="credentials file for SOURCE, if SOURCE and TARGET are on different servers; default: the file of"
            " --credentials",
        ),
    ],
    ("provenance copy provenance.db case-17.db", "provenance copy provenance.db 'bolt://127.0.0.1:7687?case=17'"),
)
