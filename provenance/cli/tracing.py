"""What `backtrack` and `forward` share: from SELECT to a trace on standard output."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from provenance.cli.output import complain, remark
from provenance.cli.parser import DEFAULT_STORE, Commands, Parser, add_format, add_store, positive, typed
from provenance.cli.selection import add_select, selection
from provenance.cli.stores import opened
from provenance.cli.times import parse_time
from provenance.errors import UsageError
from provenance.ingest.clock import at_ms
from provenance.ingest.identity import format_id
from provenance.render.as_text import write_text
from provenance.render.formats import FORMATS
from provenance.render.lines import WIDTH
from provenance.store.interface import Direction
from provenance.text.escape import cut, visible, width
from provenance.text.labels import label
from provenance.trace.anchor import Anchor, anchors
from provenance.trace.budget import DEFAULT, Budget
from provenance.trace.trace import trace

_LISTED = 20
_SHORTEST = 24
"""Columns of a command that are told however long its neighbours are."""


def add_command(commands: Commands, name: str, direction: Direction, time_option: str, help: str) -> None:
    """Adds a tracing command."""
    parser: Parser = commands.add_parser(name, help=help)
    add_store(parser)
    add_select(parser)
    parser.add_argument(
        time_option,
        dest="at",
        type=typed(parse_time),
        metavar="TIME",
        help="with a flow: the match nearest to it; with an entity: the bound (RFC 3339 or seconds since the epoch)",
    )
    parser.add_argument("--all", action="store_true", help="start from every match")
    limits = parser.add_argument_group("budget; what it leaves out is told")
    limits.add_argument("--max-nodes", type=typed(positive), default=DEFAULT.nodes, metavar="N")
    limits.add_argument("--max-edges", type=typed(positive), default=DEFAULT.edges, metavar="N")
    limits.add_argument("--max-depth", type=typed(positive), default=DEFAULT.depth, metavar="N")
    add_format(parser, tuple(FORMATS))
    parser.set_defaults(run=lambda options: run(options, direction))


def run(options: argparse.Namespace, direction: Direction) -> int:
    """Traces and prints."""
    with opened(options.store, credentials=options.credentials) as store:
        asked = selection(store, options)
        found = anchors(store, asked, direction)
        if len(found) > 1 and not options.all:
            _list(found, options)
            return UsageError.exit_code
        budget = Budget(options.max_nodes, options.max_edges, options.max_depth)
        at = None if asked.at is None else at_ms(asked.at)
        result = trace(store, direction, found, at, _query(options), budget)
    if options.format == "text":
        where = None if options.store == DEFAULT_STORE else options.store
        write_text(result, sys.stdout, options.timezone, where)
    else:
        FORMATS[options.format](result, sys.stdout)
    if result.slice.truncated is not None and options.format != "text":
        remark(f"cut: {result.slice.truncated.why}; {result.slice.truncated.left_out_edges} flows not followed")
    return 0


def _query(options: argparse.Namespace) -> dict[str, Any]:
    said = {name: getattr(options, name) for name in ("host", "command", "pid", "file", "alert")}
    if options.remote is not None:
        ip, port = options.remote
        said["remote"] = ip if port is None else f"{ip}:{port}"
    return {name: value for name, value in said.items() if value is not None}


def _list(found: list[Anchor], options: argparse.Namespace) -> None:
    """Say which matches there are, for a person to choose from."""
    complain(f"{len(found)} matches: choose one with --id, or start from all with --all")
    for anchor in found[:_LISTED]:
        node = anchor.node
        peer = "" if anchor.peer is None else f" with {label(anchor.peer)}"
        when = options.timezone.stamp(anchor.moment)
        known = f"  {format_id(node.kind, node.id)}  {when}  {visible(node.host)}  "
        room = max(WIDTH - width(known) - width(peer), _SHORTEST)
        remark(f"{known}{cut(label(node), room)}{peer}")
    if len(found) > _LISTED:
        remark(f"  and {len(found) - _LISTED} more")
