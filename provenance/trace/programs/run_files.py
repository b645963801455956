"""Run files: files that programs of a story changed and that were run afterwards. Who wrote one caused what it did."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping

from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.labels import is_interpreter, label, paths
from provenance.trace.result import TraceEdge


def run_files(changed: Collection[int], uses: Iterable[TraceEdge], nodes: Mapping[int, Node]) -> frozenset[int]:
    """Those of the `changed` files that a process loaded, or that an interpreter read whose command line names them."""
    return frozenset(edge.source for edge in uses if edge.source in changed and _runs(edge, nodes))


def _runs(edge: TraceEdge, nodes: Mapping[int, Node]) -> bool:
    if edge.kind is FlowKind.LOADED:
        return True
    if edge.kind is not FlowKind.READ or edge.target not in nodes or not is_interpreter(nodes[edge.target]):
        return False
    words = {posixpath.basename(word) for word in label(nodes[edge.target]).split(" ")[1:]}
    return any(posixpath.basename(path) in words for path in paths(nodes[edge.source]))
