"""A trace as JSON in parts, without loss: for stored traces, between processes, and for clients that follow a trace.

Only the service reads this form. `provenance-trace/1` is the public one; it is less exact, because moments become times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, NamedTuple

from provenance.ingest.facts import Blind, Flow, FlowKind, Name
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, EventKey, Node
from provenance.trace.result import Decoded, Effect, Entry, HostReached, Slice, Step, Trace, TraceEdge, Truncation

PART_SIZE = 200
"""The most entities or flows of a part."""


class TracePart(NamedTuple):
    """A part of a trace: some entities with their bounds, or some flows. All entities come before the first flow."""

    nodes: tuple[tuple[Node, int], ...] = ()
    edges: tuple[TraceEdge, ...] = ()


def parts_of(trace: Trace) -> Iterator[TracePart]:
    """The parts of a trace: its entities in order of time, then its flows."""
    slice_ = trace.slice
    nodes = sorted(slice_.nodes.values(), key=lambda node: (node.first, node.id))
    for begin in range(0, len(nodes), PART_SIZE):
        yield TracePart(nodes=tuple((node, slice_.bounds[node.id]) for node in nodes[begin : begin + PART_SIZE]))
    for begin in range(0, len(slice_.edges), PART_SIZE):
        yield TracePart(edges=slice_.edges[begin : begin + PART_SIZE])


def join_parts(head: Mapping[str, Any], parts: Iterable[TracePart]) -> Trace:
    """The trace of a head, from `trace_head`, and all its parts."""
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
        tuple(map(_read_entry, head["entries"])),
        tuple(map(_read_step, head["chain"])),
        tuple(map(_read_host, head["hosts"])),
        tuple(Decoded(**found) for found in head["decoded"]),
        tuple(Blind(*blind) for blind in head["blinds"]),
        {node.id: node for node in map(_read_node, head["context"])},
        tuple(map(_read_edge, head.get("route", ()))),
        head.get("left_out", {}),
    )


def _read_entry(entry: Mapping[str, Any]) -> Entry:
    """A way in; those stored by earlier versions have no ports."""
    return Entry(**{**entry, "ports": tuple(entry.get("ports", ()))})


def _read_host(host: Mapping[str, Any]) -> HostReached:
    """A host; those stored by earlier versions have no evidence."""
    return HostReached(**{**host, "via": tuple(host["via"]), "evidence": tuple(host.get("evidence", ()))})


def _read_step(step: Mapping[str, Any]) -> Step:
    """A step; those stored by earlier versions have no effects."""
    effects = tuple(Effect(verb, tuple(objects)) for verb, objects in step.get("effects", ()))
    return Step(**{**step, "effects": effects})


def trace_head(trace: Trace) -> dict[str, Any]:
    """The head of a trace as JSON: everything but its entities and flows."""
    slice_ = trace.slice
    return {
        "direction": slice_.direction.value,
        "start": list(slice_.start),
        "at": slice_.at,
        "truncated": None if slice_.truncated is None else asdict(slice_.truncated),
        "query": dict(trace.query),
        "entries": [_fields(entry) for entry in trace.entries],
        "chain": [_fields(step) for step in trace.chain],
        "hosts": [asdict(host) for host in trace.hosts],
        "decoded": [asdict(found) for found in trace.decoded],
        "blinds": [list(blind) for blind in trace.blinds],
        "context": [_node(node) for node in trace.context.values()],
        "route": [_edge(edge) for edge in trace.route],
        "left_out": dict(trace.left_out),
    }


def _fields(value: Entry | Step) -> dict[str, Any]:
    """The fields by name, as `dataclasses.asdict` gives them, which copies all that is inside."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def part_json(part: TracePart) -> dict[str, Any]:
    """A part as JSON, which `read_part` reads."""
    return {
        "nodes": [[_node(node), bound] for node, bound in part.nodes],
        "edges": [_edge(edge) for edge in part.edges],
    }


def read_part(body: Mapping[str, Any]) -> TracePart:
    """The part in the JSON of `part_json`."""
    return TracePart(
        tuple((_read_node(node), bound) for node, bound in body["nodes"]), tuple(map(_read_edge, body["edges"]))
    )


def runs_json(runs: Iterable[Flow]) -> list[Any]:
    """Runs of flows as JSON, which `read_runs` reads."""
    return [[run.kind.name, *run[1:6], run.evidence.hex(), run.open, run.detail] for run in runs]


def read_runs(values: Iterable[Sequence[Any]]) -> tuple[Flow, ...]:
    """The runs in the JSON of `runs_json`."""
    return tuple(map(_read_run, values))


def _read_run(values: Sequence[Any]) -> Flow:
    kind, source, target, first, last, times, evidence, open, detail = values
    return Flow(FlowKind[kind], source, target, first, last, times, bytes.fromhex(evidence), open, detail)


def _node(node: Node) -> list[Any]:
    names = [list(name) for name in node.names]
    return [node.id, node.kind.name, node.host, node.first, dict(node.attributes), names]


def _read_node(values: Sequence[Any]) -> Node:
    id, kind, host, first, attributes, names = values
    return Node(id, EntityKind[kind], host, first, attributes, tuple(Name(*name) for name in names))


def _edge(edge: TraceEdge) -> list[Any]:
    evidence = [list(key) for key in edge.evidence]
    detail = None if edge.detail is None else dict(edge.detail)
    ends = [edge.source, edge.target, edge.first, edge.last, edge.times]
    return [edge.id, edge.kind.name, *ends, evidence, edge.confidence, detail]


def _read_edge(values: Sequence[Any]) -> TraceEdge:
    id, kind, *ends, evidence, confidence, detail = values
    source, target, first, last, times = ends
    keys = tuple(EventKey(*key) for key in evidence)
    return TraceEdge(id, FlowKind[kind], source, target, first, last, times, keys, confidence, detail)
