"""The edges of a trace as CSV (RFC 4180), one on each line in order of time, for a spreadsheet or `sort` and `cut`."""

from __future__ import annotations

import csv
from typing import TextIO

from provenance.render.as_json import printed_ids
from provenance.text.escape import visible
from provenance.text.event_key import format_event
from provenance.text.labels import label
from provenance.text.times import instant
from provenance.trace.result import Trace

COLUMNS = ("first", "last", "kind", "count", "confidence", "source_host", "source_id", "source", "target_host",
           "target_id", "target", "evidence")  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of a cell that a spreadsheet takes for a formula (OWASP, CSV injection)."""


def write_csv(trace: Trace, out: TextIO) -> None:
    """Writes a heading and a line for each edge. A text that a spreadsheet would take for a formula gets a leading `'`."""
    nodes = trace.slice.nodes
    names = printed_ids(nodes.values())
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.last, edge.id)):
        source, target = nodes[edge.source], nodes[edge.target]
        rows.writerow(
            (
                instant(edge.first),
                instant(edge.last),
                edge.kind.name,
                edge.times,
                edge.confidence,
                csv_cell(source.host),
                names[source.id],
                csv_cell(label(source)),
                csv_cell(target.host),
                names[target.id],
                csv_cell(label(target)),
                csv_cell(" ".join(format_event(key) for key in edge.evidence)),
            )
        )


def csv_cell(text: str) -> str:
    """A text as a cell: printable, and no formula for a spreadsheet."""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
