"""`provenance copy`: a whole store into another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from provenance.cli.parser import Commands, add_credentials
from provenance.cli.steps import step_bar
from provenance.cli.stores import opened
from provenance.errors import StoreError, UsageError
from provenance.store.interface import Store
from provenance.text.escape import visible
from provenance.transfer.copy import Copied, copy
from provenance.transfer.digest import digest
from provenance.transfer.pieces import Report, Step

_MORE = "the target held more of the same hosts before"
_CHANGED = "what an earlier copy had left in the target was changed: copy it again"
_UNSEEN = "holds nothing that a service keeps, or its user may not read that: alerts' results, incidents, marks, pins"
_PORT = 7687
_OURSELVES = frozenset(("localhost", "127.0.0.1", "::1"))


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "copy",
        help="a whole store into another",
        description="Copy a whole store into another, then compare both. A copy that was broken off goes on from"
        " there. Exits with 0 only when both hold the same afterwards, with 2 (and the reason) when they differ.",
    )
    parser.add_argument("source", metavar="SOURCE", help="path or URI of the store to read")
    parser.add_argument("target", metavar="TARGET", help="path or URI of the store to fill; made when it is not there")
    parser.add_argument(
        "--lines",
        choices=("keep", "none"),
        default="keep",
        help="raw lines: keep them (default; those that SOURCE only refers to are read from their files), or none",
    )
    add_credentials(parser)
    parser.add_argument(
        "--source-credentials",
        type=Path,
        metavar="FILE",
        help="the same for SOURCE, when it is on another server than TARGET; default: as for TARGET",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Copies, then compares the digests of both. Raises StoreError when they differ."""
    if _same(options.source, options.target):
        raise UsageError(f"{options.source} is both the source and the target")
    who = options.credentials
    with (
        opened(options.source, credentials=options.source_credentials or who) as source,
        opened(options.target, create=True, credentials=who) as target,
        step_bar() as report,
    ):
        copied = copy(source, target, report, options.lines == "keep")
        same = _equal(source, target, report)
        reasons = copied.differs or (_CHANGED if copied.before else _MORE,)
    if not copied.documents and "://" in options.source:
        sys.stderr.write(f"provenance: {visible(options.source)}: {_UNSEEN}\n")
    sys.stdout.write(_told(copied, options.target) + ("; the stores are equal\n" if same else "\n"))
    if not same:
        raise StoreError(f"{options.target} and {options.source} differ: {'; '.join(reasons)}")
    return 0


def _equal(source: Store, target: Store, report: Report) -> bool:
    report(Step("comparing", 0))
    return digest(source) == digest(target)


def _told(copied: Copied, target: str) -> str:
    told = f"{copied.nodes:,} entities, {copied.flows:,} flows copied to {visible(target)}"
    return f"{told} ({copied.before:,} were there from a copy that was broken off)" if copied.before else told


def _same(source: str, target: str) -> bool:
    """Whether two names are those of one store, as far as names tell."""
    here, there = (Path(name.removeprefix("sqlite:")) for name in (source, target))
    return _place(source) == _place(target) or (there.exists() and here.exists() and here.samefile(there))


def _place(name: str) -> tuple[object, ...]:
    """A store's name without what can be said in two ways."""
    if "://" not in name:
        return (name,)
    from provenance.store.neo4j.address import parse  # loads the driver, which an embedded store has no use for

    address = parse(name)
    server = urlsplit(address.uri)
    host = "localhost" if server.hostname in _OURSELVES else server.hostname
    return host, server.port or _PORT, address.database, address.case
