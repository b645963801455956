"""A trace as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.notebook.extra import library
from provenance.notebook.rows import edge_rows, node_rows
from provenance.trace.result import Trace

if TYPE_CHECKING:
    import networkx  # type: ignore[import-untyped]


def network(trace: Trace) -> networkx.MultiDiGraph:
    """A networkx graph with edges from cause to effect. Nodes are their printed ids; the key of an edge is its kind. Raises
    UsageError when networkx is not installed."""
    graph = library("networkx").MultiDiGraph(direction=trace.slice.direction.value)
    for row in node_rows(trace):
        graph.add_node(row.pop("id"), **row)
    for row in edge_rows(trace):
        graph.add_edge(row.pop("source"), row.pop("target"), key=row["kind"], **row)
    return graph
