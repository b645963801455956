"""A trace as a graph of networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provenance.notebook.extra import library
from provenance.notebook.rows import edge_rows, node_rows
from provenance.trace.result import Trace

if TYPE_CHECKING:
    import networkx  # type: ignore[import-untyped]


def network(trace: Trace) -> networkx.MultiDiGraph:
    """A directed graph from cause to effect: nodes by their printed ids, edges keyed by their kind. Raises UsageError when
    networkx is not installed."""
    graph = library("networkx").MultiDiGraph(direction=trace.slice.direction.value)
    for row in node_rows(trace):
        graph.add_node(row.pop("id"), **row)
    for row in edge_rows(trace):
        graph.add_edge(row.pop("source"), row.pop("target"), key=row["kind"], **row)
    return graph
