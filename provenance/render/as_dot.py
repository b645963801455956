"""The trace as a Graphviz graph (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from typing import TextIO

from provenance.ingest.identity import EntityKind, format_id
from provenance.render.as_json import printed_ids
from provenance.text.escape import cut, visible
from provenance.text.labels import label
from provenance.text.times import instant
from provenance.trace.result import Trace

_SHAPES = {
    EntityKind.PROCESS: "box",
    EntityKind.FILE: "note",
    EntityKind.ENDPOINT: "ellipse",
    EntityKind.PIPE: "cds",
    EntityKind.SESSION: "house",
}
_LABEL_COLUMNS = 80


def write_dot(trace: Trace, out: TextIO) -> None:
    """Writes every node and edge, each host as a cluster and the start in bold. Labels are cut to 80 columns, tooltips are
    not."""
    names = printed_ids(trace.slice.nodes.values())
    out.write("digraph provenance {\n  rankdir=LR;\n  node [fontname=sans, fontsize=10];\n  edge [fontsize=8];\n")
    hosts = sorted({node.host for node in trace.slice.nodes.values()})
    for number, host in enumerate(hosts):
        out.write(f"  subgraph cluster_{number} {{\n    label={_quoted(visible(host))};\n")
        for node in sorted(trace.slice.nodes.values(), key=lambda node: (node.first, node.id)):
            if node.host == host:
                text = label(node)
                bold = ", penwidth=3" if node.id in trace.slice.start else ""
                out.write(
                    f"    {format_id(node.kind, node.id)} [shape={_SHAPES[node.kind]}, "
                    f"label={_quoted(cut(text, _LABEL_COLUMNS))}, tooltip={_quoted(text)}{bold}];\n"
                )
        out.write("  }\n")
    for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.last, edge.id)):
        text = f"{edge.kind.name} {instant(edge.first)}"
        out.write(f"  {names[edge.source]} -> {names[edge.target]} [label={_quoted(text)}];\n")
    out.write("}\n")


def _quoted(text: str) -> str:
    """A visible text as a double-quoted string. Backslashes are doubled, because Graphviz replaces `\\N`, `\\G` ... in
    labels."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
