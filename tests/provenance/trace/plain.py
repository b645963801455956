"""A plain reference for docs/semantics.md#causality: the rules are applied to every flow until nothing changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provenance.ingest.clock import FIRST, LAST, shift
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction


def exact(
    flows: Sequence[Flow], direction: Direction, start: Mapping[int, int]
) -> tuple[dict[int, int], set[tuple[FlowKind, int, int, int]]]:
    """The bounds of all entities in the slice, and the flows that count."""
    bounds = dict(start)
    counted: set[tuple[FlowKind, int, int, int]] = set()
    changed = True
    while changed:
        changed = False
        for flow in flows:
            skew = (flow.detail or {}).get("skew", 0) if flow.kind is FlowKind.REACHED else 0
            if direction is Direction.BACKWARD:
                if flow.target not in bounds:
                    continue
                bound = _moved(bounds[flow.target], -skew)
                if flow.first > bound:
                    continue
                far, reached = flow.source, min(flow.last, bound)
                better = far not in bounds or reached > bounds[far]
            else:
                if flow.source not in bounds or flow.last < bounds[flow.source]:
                    continue
                far, reached = flow.target, _moved(max(flow.first, bounds[flow.source]), skew)
                better = far not in bounds or reached < bounds[far]
            counted.add(flow[:4])
            if better:
                bounds[far] = reached
                changed = True
    return bounds, counted


def _moved(moment: int, ms: int) -> int:
    return moment if moment in (FIRST, LAST) else shift(moment, ms)
