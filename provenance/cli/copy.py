"""`provenance copy`: a whole store into another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from provenance.cli.parser import Commands, add_credentials
from provenance.cli.stores import opened
from provenance.errors import UsageError
from provenance.store.copy import copy
from provenance.store.digest import digest
from provenance.visible import visible


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser("copy", help="a whole store into another")
    parser.add_argument("source", metavar="SOURCE", help="path or URI of the store to read")
    parser.add_argument("target", metavar="TARGET", help="path or URI of the store to fill; made when it is not there")
    add_credentials(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Copies, then compares the digests of both."""
    if _same(options.source, options.target):
        raise UsageError(f"{options.source} is both the source and the target")
    who = options.credentials
    with (
        opened(options.source, credentials=who) as source,
        opened(options.target, create=True, credentials=who) as target,
    ):
        copied = copy(source, target)
        same = digest(source) == digest(target)
    told = f"{copied.nodes:,} entities, {copied.flows:,} flows copied to {visible(options.target)}"
    sys.stdout.write(f"{told}; the stores {'are equal' if same else 'differ: the target held more before'}\n")
    return 0


def _same(source: str, target: str) -> bool:
    """Whether two names are those of one store, as far as names tell."""
    return source == target or (Path(target).exists() and Path(source).exists() and Path(source).samefile(target))
