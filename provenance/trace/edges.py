"""Runs into edges: all runs of one kind between two entities are one edge of a trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provenance.ingest.facts import Flow, unpack_evidence
from provenance.ingest.identity import format_id
from provenance.store.interface import EventKey, Node
from provenance.trace.result import TraceEdge


def edge_id(flow: Flow, nodes: Mapping[int, Node]) -> str:
    """The id of the edge that a run belongs to."""
    source, target = nodes[flow.source], nodes[flow.target]
    return f"{flow.kind.name}-{format_id(source.kind, source.id)}-{format_id(target.kind, target.id)}"


def as_edges(flows: Iterable[Flow], nodes: Mapping[int, Node]) -> tuple[TraceEdge, ...]:
    """The edges that runs make up, in order of (first, id). `nodes` holds the ends of all of them."""
    grouped: dict[tuple[int, int, int], list[Flow]] = {}
    for flow in flows:
        grouped.setdefault((flow.kind, flow.source, flow.target), []).append(flow)
    edges = [_edge(sorted(runs, key=lambda run: run.first), nodes) for runs in grouped.values()]
    return tuple(sorted(edges, key=lambda edge: (edge.first, edge.id)))


def _edge(runs: list[Flow], nodes: Mapping[int, Node]) -> TraceEdge:
    first = runs[0]
    host = nodes[first.source].host
    events = {EventKey(host, event.ms, event.serial): None for run in runs for event in unpack_evidence(run.evidence)}
    details = [run.detail for run in runs if run.detail]
    confidence = max((float(detail.get("confidence", 1.0)) for detail in details), default=1.0)
    return TraceEdge(
        edge_id(first, nodes),
        first.kind,
        first.source,
        first.target,
        first.first,
        max(run.last for run in runs),
        sum(run.times for run in runs),
        tuple(sorted(events)),
        confidence,
        details[0] if details else None,
    )
