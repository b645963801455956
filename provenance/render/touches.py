"""Touches: what a process did with each file, peer, pipe or other object that is not its parent or child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.trace.programs.effects import CHANGING
from provenance.trace.result import Slice, TraceEdge

WRITES = frozenset(CHANGING)

_VERBS = {
    FlowKind.LOADED: "loaded",
    FlowKind.READ: "read",
    FlowKind.WROTE: "wrote",
    FlowKind.RENAMED: "renamed",
    FlowKind.LINKED: "linked",
    FlowKind.DELETED: "deleted",
    FlowKind.CHANGED_MODE: "changed mode of",
    FlowKind.CHANGED_OWNER: "changed owner of",
    FlowKind.CONNECTED: "sent to",
    FlowKind.SENT: "sent to",
    FlowKind.RECEIVED: "received from",
    FlowKind.ACCEPTED: "accepted",
    FlowKind.SIGNALLED: "signalled",
    FlowKind.TRACED: "traced",
    FlowKind.INJECTED: "wrote into",
    FlowKind.LOGGED_IN: "logged in",
    FlowKind.REACHED: "reached",
}

FEW = 3
"""The most objects of one sort that are listed one by one although no information flows on from them."""
FEW_CARRIERS = 8
"""The most objects of one sort that are listed one by one when information flows on from them."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One or more objects that a process acted on in the same way, the first of them at `moment`."""

    moment: int
    verb: str
    objects: tuple[Node, ...]
    inward: bool
    """Whether all information flowed towards the process."""


def touches(slice_: Slice) -> dict[int, list[Touch]]:
    """The touches of each process of a slice, in order of time. Many touches of one sort are folded into one."""
    carriers = _carriers(slice_)
    return {process: _fold(found, carriers) for process, found in _single(slice_).items()}


def loose(slice_: Slice) -> list[TraceEdge]:
    """The edges of a slice between two nodes that are not processes (REACHED, a login from an address), in order of time."""
    return sorted(
        (edge for edge in slice_.edges if _ends(slice_, edge) is None), key=lambda edge: (edge.first, edge.id)
    )


def _ends(slice_: Slice, edge: TraceEdge) -> tuple[int, int, bool] | None:
    """The process at an end of an edge, the object at the other end, and whether the flow leaves the process."""
    for process, thing, outward in ((edge.source, edge.target, True), (edge.target, edge.source, False)):
        if slice_.nodes[process].kind is EntityKind.PROCESS:
            return process, thing, outward
    return None


def _single(slice_: Slice) -> Mapping[int, list[Touch]]:
    kinds: dict[tuple[int, int], dict[FlowKind, bool]] = defaultdict(dict)
    first: dict[tuple[int, int], int] = {}
    for edge in slice_.edges:
        ends = _ends(slice_, edge)
        if edge.kind in LINEAGE or ends is None:
            continue
        process, thing, outward = ends
        kinds[process, thing][edge.kind] = outward or kinds[process, thing].get(edge.kind, False)
        first[process, thing] = min(edge.first, first.get((process, thing), edge.first))
    found: dict[int, list[Touch]] = defaultdict(list)
    for (process, thing), flows in kinds.items():
        node = slice_.nodes[thing]
        found[process].append(Touch(first[process, thing], _verb(flows), (node,), not any(flows.values())))
    return found


def _verb(flows: Mapping[FlowKind, bool]) -> str:
    kinds = set(flows)
    if FlowKind.ACCEPTED in kinds:
        return "served" if FlowKind.SENT in kinds else "accepted"
    if kinds >= {FlowKind.CONNECTED, FlowKind.RECEIVED}:
        return "talked with"
    if FlowKind.PIPED in kinds:
        return "piped into" if flows[FlowKind.PIPED] else "read from"
    if FlowKind.LOADED in kinds:
        kinds -= {FlowKind.READ}
    return ", ".join(dict.fromkeys(_VERBS[kind] for kind in sorted(kinds)))


def _carriers(slice_: Slice) -> frozenset[int]:
    """The nodes that have flows both into and out of them."""
    return frozenset({edge.source for edge in slice_.edges} & {edge.target for edge in slice_.edges})


def _fold(found: Sequence[Touch], carriers: frozenset[int]) -> list[Touch]:
    sorts: dict[tuple[str, EntityKind, bool], list[Touch]] = defaultdict(list)
    for touch in found:
        thing = touch.objects[0]
        sorts[touch.verb, thing.kind, thing.id in carriers].append(touch)
    folded: list[Touch] = []
    for (verb, _, carrier), same in sorts.items():
        if len(same) <= (FEW_CARRIERS if carrier else FEW):
            folded += same
            continue
        same.sort(key=_order)
        objects = tuple(touch.objects[0] for touch in same)
        folded.append(Touch(same[0].moment, verb, objects, all(touch.inward for touch in same)))
    return sorted(folded, key=_order)


def _order(touch: Touch) -> tuple[int, int]:
    return touch.moment, touch.objects[0].id
