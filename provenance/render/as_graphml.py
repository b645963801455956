"""The trace as GraphML (http://graphml.graphdrawing.org/specification.html), for Gephi, yEd, Cytoscape, networkx."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TextIO

from provenance.render.as_json import edge_json, node_json, printed_ids
from provenance.text.escape import visible
from provenance.text.event_key import format_event
from provenance.text.times import instant
from provenance.trace.result import Trace

_NODE_KEYS = ("kind", "host", "label", "bound", "start", "end", "pid", "ppid", "command", "exe", "cwd", "uid", "auid",
              "ses", "user", "paths", "device", "inode", "ip", "port", "protocol", "path")  # fmt: skip
_EDGE_KEYS = ("id", "kind", "first", "last", "count", "confidence", "evidence")


def write_graphml(trace: Trace, out: TextIO) -> None:
    """Every node and edge with the properties of `provenance-trace/1`, lists joined by line breaks. XML has no place for most
    control characters, so text is made visible."""
    names = printed_ids(trace.slice.nodes.values())
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
    for scope, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for key in keys:
            out.write(f'  <key id="{scope}_{key}" for="{scope}" attr.name="{key}" attr.type="string"/>\n')
    out.write('  <graph id="provenance" edgedefault="directed">\n')
    for node in sorted(trace.slice.nodes.values(), key=lambda node: (node.first, node.id)):
        values = node_json(node) | {"bound": instant(trace.slice.bounds[node.id])}
        out.write(f'    <node id="{names[node.id]}">\n')
        _write_data(out, "node", {key: values.get(key) for key in _NODE_KEYS})
        out.write("    </node>\n")
    for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.last, edge.id)):
        values = edge_json(edge, names) | {"evidence": [format_event(key) for key in edge.evidence]}
        out.write(f'    <edge id="{escape(edge.id)}" ')
        out.write(f'source="{names[edge.source]}" target="{names[edge.target]}">\n')
        _write_data(out, "edge", {key: values[key] for key in _EDGE_KEYS})
        out.write("    </edge>\n")
    out.write("  </graph>\n</graphml>\n")


def _write_data(out: TextIO, scope: str, values: Mapping[str, object]) -> None:
    for key, value in values.items():
        if value is None or value == []:
            continue
        items = value if isinstance(value, list) else [value]
        text = "\n".join(escape(visible(str(item)), quote=False) for item in items)
        out.write(f'      <data key="{scope}_{key}">{text}</data>\n')
