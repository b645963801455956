"""A trace as a py2neo `Subgraph`, with the labels and properties of a Neo4j store (docs/neo4j.md).

py2neo is no longer developed; its last version, 2021.2.4, works with the servers that the store is tested with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provenance.ingest.identity import format_id
from provenance.model import NODE_OF
from provenance.notebook.extra import library
from provenance.store.interface import Node
from provenance.store.neo4j.attributes import split
from provenance.store.neo4j.text import pack_json, pack_text
from provenance.text.event_key import format_event
from provenance.text.labels import label, paths
from provenance.trace.result import Trace, TraceEdge

if TYPE_CHECKING:
    import py2neo  # type: ignore[import-untyped]

CASE = "notebook"


def subgraph(trace: Trace, case: str = CASE) -> py2neo.Subgraph:
    """The slice of a trace as a subgraph: its entities with the labels and properties of a store, and one relationship for each
    edge.

    `case` separates it from the other cases of the server that it is written to. Raises UsageError when py2neo is not
    installed.
    """
    data = library("py2neo.data")
    slice_ = trace.slice
    nodes = {
        id: data.Node("Entity", NODE_OF[node.kind].label, **_entity(node, case), bound=slice_.bounds[id])
        for id, node in slice_.nodes.items()
    }
    edges = [
        data.Relationship(nodes[edge.source], edge.kind.name, nodes[edge.target], **_relationship(edge))
        for edge in slice_.edges
    ]
    return data.Subgraph(list(nodes.values()), edges)


def _entity(node: Node, case: str) -> dict[str, Any]:
    properties = split(node.kind, node.attributes)
    attributes = {name: value for name, value in properties.plain.items() if value is not None}
    if properties.exact:
        attributes["exact"] = pack_json(properties.exact)
    if names := paths(node):
        attributes["paths"] = [pack_text(name) for name in names]
    return attributes | {
        "case": case,
        "key": node.id,
        "id": format_id(node.kind, node.id),
        "kind": int(node.kind),
        "host": pack_text(node.host),
        "first": node.first,
        "label": label(node),
    }


def _relationship(edge: TraceEdge) -> dict[str, Any]:
    return {
        "id": edge.id,
        "first": edge.first,
        "last": edge.last,
        "times": edge.times,
        "confidence": edge.confidence,
        "events": [pack_text(format_event(key)) for key in edge.evidence],
    }
