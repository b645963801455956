"""The entity of a backward slice to which a step of the story belongs.

A story also tells what the intruder did beside and after what led to the alert. The programs of those steps are not in the slice,
which holds exactly what could have caused the alert. Each follows from an entity that is: the process that started it, the server
at which a peer arrived again, the file from which a later program was run.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.ingest.facts import LINEAGE
from provenance.ingest.identity import parse_id
from provenance.trace.result import Slice, Step, TraceEdge


def with_slice_nodes(steps: Iterable[Step], slice_: Slice, forward: Sequence[TraceEdge]) -> tuple[Step, ...]:
    """The steps, those of entities outside the slice with the entity of the slice from which they follow. `forward` are the flows
    of the forward walk from the way in."""
    before: dict[int, list[int]] = defaultdict(list)
    for edge in sorted(forward, key=lambda edge: (edge.kind not in LINEAGE, edge.first, edge.id)):
        before[edge.target].append(edge.source)
    return tuple(
        step if step.node in slice_.nodes else replace(step, slice_node=_nearest(step, slice_, before))
        for step in steps
    )


def _nearest(step: Step, slice_: Slice, before: Mapping[int, Sequence[int]]) -> int:
    """The entity of the slice from which the fewest flows lead to a step. Where none does, that of the start: the whole slice
    belongs to it."""
    entered = _target(step.edge) if step.is_arrival else None
    queue = deque([step.node] if entered is None else [entered])
    seen = set(queue)
    while queue:
        id = queue.popleft()
        if id in slice_.nodes:
            return id
        for source in before.get(id, ()):
            if source not in seen:
                seen.add(source)
                queue.append(source)
    return slice_.start[0]


def _target(edge: str | None) -> int | None:
    """The target of an edge, from the edge's id."""
    return None if edge is None else parse_id(edge.rpartition("-")[2])[1]
