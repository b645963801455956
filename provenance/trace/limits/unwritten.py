"""A file that no record shows written up to the bound of a backward trace: what did read it, and how to trace from there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Flow, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store
from provenance.trace.programs.effects import CHANGING
from provenance.trace.result import Trace

_LOOKED_AT = 10_000
_READS = (FlowKind.READ, FlowKind.LOADED)


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A file of which a backward trace has no flow. `read` is its reading nearest to the time of the trace (else the last one) by
    `reader`, None if nothing read it; `readers` counts programs, at least that many if `is_more`. `changed` is the moment of
    the first change after the trace's bound, None if no record shows one."""

    node: Node
    reader: Node | None
    read: Flow | None
    readers: int
    is_more: bool
    changed: int | None


def unwritten(store: Store, trace: Trace) -> Unwritten | None:
    """The file that a backward trace starts from, if that is all that the trace has. None for every other trace."""
    slice_ = trace.slice
    if slice_.direction is not Direction.BACKWARD or slice_.edges or len(slice_.start) != 1:
        return None
    node = slice_.nodes[slice_.start[0]]
    if node.kind is not EntityKind.FILE:
        return None
    flows = list(islice(store.flows(node.id, None), _LOOKED_AT + 1))
    reads = [flow for flow in flows if flow.kind in _READS]
    read = _nearest(reads, None if slice_.at is None else ms_of(slice_.at))
    reader = None if read is None else store.nodes([read.target]).get(read.target)
    changes = (flow.first for kind in CHANGING for flow in islice(store.flows(None, node.id, kind), 1))
    changed = min(changes, default=None)
    readers = len({flow.target for flow in reads})
    return Unwritten(node, reader, read, readers, len(flows) > _LOOKED_AT, changed)


def _nearest(reads: Iterable[Flow], at: int | None) -> Flow | None:
    if at is None:
        return max(reads, key=lambda flow: flow.first, default=None)
    return min(reads, key=lambda flow: (abs(ms_of(flow.first) - at), flow.first), default=None)
