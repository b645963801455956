"""The entity of a backward slice to which a step of the story belongs.

A story also tells what the intruder did beside and after what led to the alert. The programs of those steps are not in the slice,
which holds exactly what could have caused the alert. Each follows from an entity that is: the process that started it, the server
at which a peer arrived again, the file from which a later program was run.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import replace

from provenance.ingest.facts import LINEAGE
from provenance.ingest.identity import parse_id
from provenance.trace.result import Slice, Step, TraceEdge


class Before(dict[int, list[int]]):
    """The entities from which flows lead to one, who started a process first. They are put in order when they are first needed:
    of a forward walk, few lead to a step."""

    def __init__(self, flows: Iterable[TraceEdge]) -> None:
        super().__init__()
        self._flows: dict[int, list[TraceEdge]] = defaultdict(list)
        for edge in flows:
            self._flows[edge.target].append(edge)

    def __missing__(self, id: int) -> list[int]:
        flows = sorted(self._flows.get(id, ()), key=lambda edge: (edge.kind not in LINEAGE, edge.first, edge.id))
        found = self[id] = [edge.source for edge in flows]
        return found


def with_slice_nodes(steps: Iterable[Step], slice_: Slice, before: Before) -> tuple[Step, ...]:
    """The steps, those of entities outside the slice with the entity of the slice from which they follow. `before` is of the
    flows of the forward walk from the way in."""
    return tuple(
        step if step.node in slice_.nodes else replace(step, slice_node=_nearest(step, slice_, before))
        for step in steps
    )


def _nearest(step: Step, slice_: Slice, before: Before) -> int:
    """The entity of the slice from which the fewest flows lead to a step. Where none does, that of the start: the whole slice
    belongs to it."""
    entered = _target(step.edge) if step.is_arrival else None
    queue = deque([step.node] if entered is None else [entered])
    seen = set(queue)
    while queue:
        id = queue.popleft()
        if id in slice_.nodes:
            return id
        for source in before[id]:
            if source not in seen:
                seen.add(source)
                queue.append(source)
    return slice_.start[0]


def _target(edge: str | None) -> int | None:
    """The target of an edge, from the edge's id."""
    return None if edge is None else parse_id(edge.rpartition("-")[2])[1]
