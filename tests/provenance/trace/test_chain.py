"""The order of the story's steps."""

from __future__ import annotations

from typing import Any

from ingest.clock import at_ms
from ingest.facts import FlowKind
from ingest.identity import EntityKind
from provenance.store.interface import Direction, Node
from provenance.trace.chain import chain
from provenance.trace.result import Slice, TraceEdge


def test_steps_come_in_the_order_in_which_they_happened_though_a_clock_is_slow() -> None:
    """web01's shell calls db01, whose clock is a minute behind and whose shell ran ten seconds later."""
    nodes = {1: process(1, "web01", 0), 2: process(2, "web01", 60_000), 3: process(3, "db01", 10_000)}
    edges = tuple(spawned(0, node) for node in nodes.values())
    slice_ = Slice(Direction.FORWARD, (1,), None, {}, nodes | {0: process(0, "web01", 0)}, edges, None)
    assert told(slice_, {"db01": 60_000}) == ["p1", "p2", "p3"]
    assert told(slice_, {}) == ["p1", "p3", "p2"]


def told(slice_: Slice, skews: dict[str, int]) -> list[str]:
    return [step.text for step in chain([slice_], (), (), skews)]


def process(id: int, host: str, ms: int) -> Node:
    attributes: dict[str, Any] = {"pid": id, "command": f"p{id}"}
    return Node(id, EntityKind.PROCESS, host, at_ms(ms), attributes)


def spawned(source: int, node: Node) -> TraceEdge:
    return TraceEdge(f"SPAWNED-{node.id}", FlowKind.SPAWNED, source, node.id, node.first, node.first, 1, ())
