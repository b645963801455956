"""Runs into edges: all runs of one kind between two entities are one edge of a trace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provenance.ingest.facts import Flow, FlowKind, events_of
from provenance.ingest.identity import format_id
from provenance.store.interface import EventKey, Node
from provenance.trace.result import TraceEdge

_Ends = tuple[FlowKind, int, int]
_NAMES = {kind: kind.name for kind in FlowKind}


def edge_id(flow: Flow, nodes: Mapping[int, Node]) -> str:
    """The id of the edge that a run belongs to."""
    return _edge_id(flow, _PrintedIds(nodes))


def as_edges(
    flows: Iterable[Flow], nodes: Mapping[int, Node], known: Iterable[TraceEdge] = ()
) -> tuple[TraceEdge, ...]:
    """The edges that runs make up, in order of (first, id). `nodes` holds the ends of all of them; `known` are edges of the same
    state of the logs, which are not made again."""
    grouped: dict[_Ends, list[Flow]] = {}
    for flow in flows:
        grouped.setdefault(flow[:3], []).append(flow)
    made: dict[_Ends, TraceEdge] = {(edge.kind, edge.source, edge.target): edge for edge in known}
    printed = _PrintedIds(nodes)
    edges = [_known_edge(runs, made.get(ends)) or _edge(runs, nodes, printed) for ends, runs in grouped.items()]
    return tuple(sorted(edges, key=lambda edge: (edge.first, edge.id)))


class _PrintedIds(dict[int, str]):
    """The printed forms of the ids of nodes, each made once."""

    def __init__(self, nodes: Mapping[int, Node]) -> None:
        super().__init__()
        self._nodes = nodes

    def __missing__(self, id: int) -> str:
        found = self[id] = format_id(self._nodes[id].kind, id)
        return found


def _edge_id(flow: Flow, printed: Mapping[int, str]) -> str:
    return f"{_NAMES[flow.kind]}-{printed[flow.source]}-{printed[flow.target]}"


def _known_edge(runs: list[Flow], edge: TraceEdge | None) -> TraceEdge | None:
    """The edge if it is of the same single run: one of more runs that begins with this run has more flows."""
    if edge is None or len(runs) > 1:
        return None
    run = runs[0]
    return edge if (edge.first, edge.last, edge.times) == (run.first, run.last, run.times) else None


def _edge(runs: list[Flow], nodes: Mapping[int, Node], printed: Mapping[int, str]) -> TraceEdge:
    if len(runs) > 1:
        runs = sorted(runs, key=lambda run: run.first)
    first = runs[0]
    host = nodes[first.source].host
    events = {EventKey(host, *event) for run in runs for event in events_of(run.evidence)}
    details = [run.detail for run in runs if run.detail]
    return TraceEdge(
        _edge_id(first, printed),
        first.kind,
        first.source,
        first.target,
        first.first,
        first.last if len(runs) == 1 else max(run.last for run in runs),
        first.times if len(runs) == 1 else sum(run.times for run in runs),
        tuple(events) if len(events) == 1 else tuple(sorted(events)),
        max(float(detail.get("confidence", 1.0)) for detail in details) if details else 1.0,
        details[0] if details else None,
    )
