"""A trace as JSON in pieces, without loss: what is kept of a started trace, and given to those who follow it as they can take it.

`provenance-trace/1` is for others and says less (moments become times); this is read by the service alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from provenance.ingest.facts import Blind, Flow, FlowKind, Name
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, EventKey, Node
from provenance.trace.result import Decoded, Entry, HostReached, Slice, Step, Trace, TraceEdge, Truncation

SIZE = 200
"""Entities or flows of a piece."""


class Piece(NamedTuple):
    """Some entities of a slice with their bounds, or some of its flows. All entities come before the first flow."""

    nodes: tuple[tuple[Node, int], ...] = ()
    edges: tuple[TraceEdge, ...] = ()


def pieces(trace: Trace) -> Iterator[Piece]:
    """A slice in pieces: entities in order of time, then flows."""
    slice_ = trace.slice
    nodes = sorted(slice_.nodes.values(), key=lambda node: (node.first, node.id))
    for begin in range(0, len(nodes), SIZE):
        yield Piece(nodes=tuple((node, slice_.bounds[node.id]) for node in nodes[begin : begin + SIZE]))
    for begin in range(0, len(slice_.edges), SIZE):
        yield Piece(edges=slice_.edges[begin : begin + SIZE])


def joined(head: Mapping[str, Any], parts: Iterable[Piece]) -> Trace:
    """The trace of a head and all its pieces."""
    nodes: dict[int, Node] = {}
    bounds: dict[int, int] = {}
    edges: list[TraceEdge] = []
    for part in parts:
        nodes.update((node.id, node) for node, _ in part.nodes)
        bounds.update((node.id, bound) for node, bound in part.nodes)
        edges += part.edges
    cut = head["truncated"]
    slice_ = Slice(
        Direction(head["direction"]),
        tuple(head["start"]),
        head["at"],
        bounds,
        nodes,
        tuple(edges),
        None if cut is None else Truncation(cut["why"], cut["left_out_edges"], tuple(cut["at"])),
    )
    return Trace(
        slice_,
        head["query"],
        tuple(Entry(**entry) for entry in head["entries"]),
        tuple(Step(**step) for step in head["chain"]),
        tuple(HostReached(host["host"], host["first"], tuple(host["via"])) for host in head["hosts"]),
        tuple(Decoded(**found) for found in head["decoded"]),
        tuple(Blind(*blind) for blind in head["blinds"]),
        {node.id: node for node in map(_read_node, head["context"])},
    )


def head_of(trace: Trace) -> dict[str, Any]:
    """Everything of a trace but its entities and flows."""
    slice_ = trace.slice
    return {
        "direction": slice_.direction.value,
        "start": list(slice_.start),
        "at": slice_.at,
        "truncated": None if slice_.truncated is None else asdict(slice_.truncated),
        "query": dict(trace.query),
        "entries": [asdict(entry) for entry in trace.entries],
        "chain": [asdict(step) for step in trace.chain],
        "hosts": [asdict(host) for host in trace.hosts],
        "decoded": [asdict(found) for found in trace.decoded],
        "blinds": [list(blind) for blind in trace.blinds],
        "context": [_node(node) for node in trace.context.values()],
    }


def write(piece: Piece) -> dict[str, Any]:
    """A piece as JSON."""
    return {
        "nodes": [[_node(node), bound] for node, bound in piece.nodes],
        "edges": [_edge(edge) for edge in piece.edges],
    }


def read(body: Mapping[str, Any]) -> Piece:
    """The piece that `write` was given."""
    return Piece(
        tuple((_read_node(node), bound) for node, bound in body["nodes"]), tuple(map(_read_edge, body["edges"]))
    )


def write_runs(runs: Iterable[Flow]) -> list[Any]:
    """Runs as JSON."""
    return [[run.kind.name, *run[1:6], run.evidence.hex(), run.open, run.detail] for run in runs]


def read_runs(kept: Iterable[Sequence[Any]]) -> tuple[Flow, ...]:
    """The runs that `write_runs` was given."""
    return tuple(map(_read_run, kept))


def _read_run(kept: Sequence[Any]) -> Flow:
    kind, source, target, first, last, times, evidence, open, detail = kept
    return Flow(FlowKind[kind], source, target, first, last, times, bytes.fromhex(evidence), open, detail)


def _node(node: Node) -> list[Any]:
    names = [list(name) for name in node.names]
    return [node.id, node.kind.name, node.host, node.first, dict(node.attributes), names]


def _read_node(kept: Sequence[Any]) -> Node:
    id, kind, host, first, attributes, names = kept
    return Node(id, EntityKind[kind], host, first, attributes, tuple(Name(*name) for name in names))


def _edge(edge: TraceEdge) -> list[Any]:
    evidence = [list(key) for key in edge.evidence]
    detail = None if edge.detail is None else dict(edge.detail)
    ends = [edge.source, edge.target, edge.first, edge.last, edge.times]
    return [edge.id, edge.kind.name, *ends, evidence, edge.confidence, detail]


def _read_edge(kept: Sequence[Any]) -> TraceEdge:
    id, kind, *ends, evidence, confidence, detail = kept
    source, target, first, last, times = ends
    keys = tuple(EventKey(*key) for key in evidence)
    return TraceEdge(id, FlowKind[kind], source, target, first, last, times, keys, confidence, detail)
