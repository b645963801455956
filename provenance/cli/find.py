"""`provenance find`: lists the entities that match SELECT, with their times."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from provenance.cli.options import Command, Options, output_options, store_options
from provenance.cli.selection import select_options, selection
from provenance.cli.stores import opened
from provenance.errors import UsageError
from provenance.ingest.identity import format_id
from provenance.render.lines import COMMAND, QUIET, TIME, Line, Span, write_lines
from provenance.store.interface import Direction, Node
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.text.times import Zone, instant
from provenance.trace.anchor import anchors


def run(options: Options) -> int:
    """Prints the matches in order of time."""
    with opened(options.store, credentials=options.credentials) as store:
        found = [anchor.node for anchor in anchors(store, selection(store, options, None), Direction.BACKWARD)]
    if not found:
        raise UsageError("no selection given")
    if options.format == "json":
        from provenance.render.as_json import dump, node_json

        entities = [node_json(node) | {"first": instant(node.first)} for node in found]
        dump({"format": "provenance-find/1", "entities": entities}, sys.stdout)
    else:
        write_lines(_lines(found, options.timezone), sys.stdout)
    return 0


def _lines(found: Iterable[Node], zone: Zone) -> Iterator[Line]:
    for node in found:
        pid = f"pid {node.attributes['pid']} " if "pid" in node.attributes else ""
        yield (
            Span(f"{format_id(node.kind, node.id)}  ", QUIET),
            Span(f"{zone.stamp(node.first)}  ", TIME),
            Span(f"{visible(node.host)}  {pid}"),
            Span(label(node), COMMAND),
        )


command = Command(
    "find",
    run,
    "List the processes, files, network peers and sessions that match SELECT, in order of time.",
    [*select_options(), *store_options(), *output_options()],
    ("provenance find --command 'wget|curl'", "provenance find --file '/tmp/*.sh' --format json"),
)
