"""The ways from where information came in to the start of a backward trace: how soon its first effect follows, how long they are,
and whether they go on by the same connection."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise, zip_longest

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.slice.paths import Connections, Label, all_steps, path, path_of

_EFFECTS = LINEAGE | {FlowKind.WROTE, FlowKind.RENAMED, FlowKind.PIPED}
"""What a program does because of what came in, as far as its beginning says when."""
_OUTWARD = frozenset((FlowKind.CONNECTED, FlowKind.SENT))
_NOTES = frozenset((FlowKind.WROTE, FlowKind.RENAMED))
_FAR_OFF = 10
"""A way of this length (`provenance.trace.slice.paths`) is half as close as none."""


class WaysToStart:
    """The ways to the start of a backward slice; `steps` are its paths (`provenance.trace.slice.paths.all_steps`), if they are
    known."""

    def __init__(self, slice_: Slice, steps: Mapping[int, list[Label]] | None) -> None:
        self._slice = slice_
        self._connections = Connections(slice_)
        self._labels = all_steps(slice_, self._connections) if steps is None else steps
        self._steps = {node: labels[0] for node, labels in self._labels.items()}
        self._known: dict[int, list[TraceEdge]] = {}
        self._children: dict[int, list[TraceEdge]] = defaultdict(list)
        for edge in sorted(slice_.edges, key=lambda edge: edge.first):
            if edge.kind in LINEAGE:
                self._children[edge.source].append(edge)

    def way(self, id: int) -> list[TraceEdge]:
        """The shortest path from an entity to the start of the trace, as edges; empty without one."""
        known = self._known.get(id)
        if known is None:
            known = self._known[id] = path(self._steps, id, self._slice.direction)
        return known

    def closeness(self, id: int) -> float:
        """From 1, for what the trace starts from, down, as the way there gets longer."""
        label = self._steps.get(id)
        return 0.0 if label is None else 1.0 / (1.0 + label.length / _FAR_OFF)

    def gap(self, edge: TraceEdge) -> int | None:
        """Milliseconds from the flow's begin to its first effect: on the way from its process to the start of the trace, the
        first process that was started, or pipe or file that was begun, at or after it. None when the process came before.

        What was begun explains nothing where the way goes on by a channel that was open before the peer came (a pool of
        connections), or by a file that the same program reads again (its own records): then it is the first after that."""
        skew, gap = 0, None
        way = self._way_since(edge)
        for step, following in zip_longest(way, way[1:]):
            if step.kind is FlowKind.REACHED:
                skew += int((step.detail or {}).get("skew", 0))
                continue
            ahead = ms_of(step.first) - skew - ms_of(edge.first)
            is_birth = step.kind in LINEAGE or self._is_inherited(step)
            if is_birth and ahead < 0:
                return gap
            is_effect = is_birth or step.kind in _EFFECTS
            if is_effect and ahead >= 0 and gap is None and not self._own_records(step, following):
                gap = ahead
            elif gap is not None and step.kind in _OUTWARD and _was_open(step, ms_of(edge.first) + skew):
                gap = None
        return gap

    def _is_inherited(self, step: TraceEdge) -> bool:
        """Whether a program was begun with the connection by which the way leads to it: then its beginning is the effect."""
        return step.kind is FlowKind.RECEIVED and step.first == self._slice.nodes[step.target].first

    def _own_records(self, step: TraceEdge, following: TraceEdge | None) -> bool:
        """Whether a program adds to an older file that another process with the same command line reads: what a daemon
        notes for its next process. A new file, as in a mail server's queue, carries what came in."""
        if step.kind not in _NOTES or following is None or following.kind is not FlowKind.READ:
            return False
        if self._slice.nodes[step.target].first >= step.first:
            return False
        writer, reader = self._slice.nodes[step.source], self._slice.nodes[following.target]
        line = writer.attributes.get("command")
        return line is not None and line == reader.attributes.get("command") and writer.id != reader.id

    def _way_since(self, edge: TraceEdge) -> list[TraceEdge]:
        """The way from what a flow entered. A server's nearest way often leads through a process that it began for another:
        then by the first one that it began after the flow, else by a channel to one that it had begun before."""
        way = self.way(edge.target)
        if not way or way[0].kind not in LINEAGE or way[0].first >= edge.first:
            return way
        begun = self._children[edge.target]
        place = bisect_left(begun, edge.first, key=lambda child: child.first)
        if place < len(begun):
            return [begun[place], *self.way(begun[place].target)]
        later = (label for label in self._labels[edge.target] if label.bound >= edge.first)
        return path_of(next(later, None)) or way

    def other_connection(self, entered: TraceEdge) -> float:
        """Whether the way to the start of the trace goes in by one connection and out by another: 1 for connections between
        hosts; within a host, how sure it is which connect and accept are one."""
        found = 0.0
        for step, following in pairwise(self.way(entered.target)):
            if FlowKind.REACHED in (step.kind, following.kind) and self._is_other(entered, step, following):
                join = step if step.kind is FlowKind.REACHED else following
                found = max(found, join.confidence if self._connections.is_local(join) else 1.0)
        return found

    def _is_other(self, entered: TraceEdge, step: TraceEdge, following: TraceEdge) -> bool:
        """Whether two flows of a way are of different connections, or of one within a host that was there before the peer came,
        while its program opened a newer one to the same address after that."""
        if not self._connections.is_same(step, following):
            return True
        if step.source != entered.target or following.kind is not FlowKind.REACHED or following.first >= entered.first:
            return False
        newer = any(event.ms >= ms_of(entered.first) for event in step.evidence)
        return newer and self._connections.is_local(following)


def _was_open(step: TraceEdge, ms: int) -> bool:
    """Whether a connection was open at a time, and none of its kind was opened since."""
    return ms_of(step.first) < ms and all(event.ms < ms for event in step.evidence)
