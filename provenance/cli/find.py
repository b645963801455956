"""`provenance find`: lists the entities that match SELECT, with their times."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator

from provenance.cli.parser import Commands, add_format, add_store
from provenance.cli.selection import add_select, selection
from provenance.cli.stores import opened
from provenance.errors import UsageError
from provenance.ingest.identity import format_id
from provenance.render.as_json import dump, node_json
from provenance.render.lines import COMMAND, QUIET, TIME, Line, Span, write_lines
from provenance.store.interface import Direction, Node
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.text.times import Zone, instant
from provenance.trace.anchor import anchors


def add(commands: Commands) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "find",
        help="list the entities that match, with the time when each is first recorded",
        description="List the processes, files, network peers and sessions that match SELECT, in order of time.",
    )
    add_store(parser)
    add_select(parser)
    add_format(parser)
    parser.set_defaults(run=run, at=None)


def run(options: argparse.Namespace) -> int:
    """Prints the matches in order of time."""
    with opened(options.store, credentials=options.credentials) as store:
        found = [anchor.node for anchor in anchors(store, selection(store, options), Direction.BACKWARD)]
    if not found:
        raise UsageError("no selection given")
    if options.format == "json":
        dump({"format": "provenance-find/1", "entities": list(map(_document, found))}, sys.stdout)
    else:
        write_lines(_lines(found, options.timezone), sys.stdout)
    return 0


def _document(node: Node) -> dict[str, object]:
    return node_json(node) | {"first": instant(node.first)}


def _lines(found: Iterable[Node], zone: Zone) -> Iterator[Line]:
    for node in found:
        pid = f"pid {node.attributes['pid']} " if "pid" in node.attributes else ""
        yield (
            Span(f"{format_id(node.kind, node.id)}  ", QUIET),
            Span(f"{zone.stamp(node.first)}  ", TIME),
            Span(f"{visible(node.host)}  {pid}"),
            Span(label(node), COMMAND),
        )
