"""What made a candidate possible: a file that one peer's process wrote, and that another's login or arrival then relied on;
the other may be the same peer, who came in to another program before.

Nothing here knows a program or a path by name. What a program writes for itself between its own runs (a login daemon's
records of who came last) prepares nobody: writer and reader must be different programs, and not one of the other's line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.labels import label, paths
from provenance.trace.ranking import Candidate
from provenance.trace.result import Slice, TraceEdge

_WRITES = frozenset((FlowKind.WROTE, FlowKind.RENAMED, FlowKind.LINKED))
_READS = frozenset((FlowKind.READ, FlowKind.LOADED))
_JUST_BEFORE_MS = 600_000
"""How long before it is read a file may have been written to have been written for that."""
_SETTLED_MS = 30_000
"""How long after a connection began its program still prepares: what it reads later, it reads for something else."""
_GENERATIONS = 8
"""How far down from the program that took the connection a login is prepared."""


def runs_of_downloads(slice_: Slice) -> Mapping[int, int]:
    """For each process the last moment at which it began to write a file that another program of the slice ran, or got
    as an argument."""
    writers: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in slice_.edges:
        if edge.kind is FlowKind.WROTE:
            writers[edge.target].append(edge)
    found: dict[int, int] = {}
    for edge in slice_.edges:
        if edge.kind in _READS and edge.source in writers and _runs(slice_, edge):
            for write in writers[edge.source]:
                if write.source != edge.target and write.first <= edge.last:
                    found[write.source] = max(found.get(write.source, 0), write.last)
    return found


def _runs(slice_: Slice, edge: TraceEdge) -> bool:
    """Whether a process runs the file that it reads: the kernel loaded it, or an argument names it."""
    if edge.kind is FlowKind.LOADED:
        return True
    argv = [str(argument) for argument in slice_.nodes[edge.target].attributes.get("argv") or ()][1:]
    names = {path.rpartition("/")[2] for path in paths(slice_.nodes[edge.source])}
    return any(argument.rpartition("/")[2] in names for argument in argv if argument)


def prepared(slice_: Slice, found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates; each that is a consequence of an earlier one of another peer is marked, and its reason says so."""
    lines = _Lines(slice_)
    reads, writes = defaultdict(list), defaultdict(list)
    for edge in slice_.edges:
        if slice_.nodes[edge.source].kind is EntityKind.FILE and edge.kind in _READS:
            reads[edge.target].append(edge)
        elif edge.kind in _WRITES:
            writes[edge.target].append(edge)
    peers = [one for one in found if one.edge is not None and one.peer]
    marked = [_marked(slice_, one, peers, lines, reads, writes) if one in peers else one for one in found]
    downloads = [one for one in peers if "ran" in one.features]
    return [_as_consequence(slice_, one, downloads, lines, reads, writes) for one in marked]


def _as_consequence(
    slice_: Slice,
    one: Candidate,
    downloads: Sequence[Candidate],
    lines: _Lines,
    reads: Mapping[int, Sequence[TraceEdge]],
    writes: Mapping[int, Sequence[TraceEdge]],
) -> Candidate:
    """A call by a program that itself came from another peer is a step of that peer."""
    others = {other.served: other for other in downloads if other.peer != one.peer and other.moment < one.moment}
    if not others or one.edge is None or "ran" not in one.features:
        return one
    for process in lines.above(one.served):
        for read in reads.get(process, ()):
            if read.first <= one.moment and _runs(slice_, read):
                for write in writes.get(read.source, ()):
                    other = others.get(write.source)
                    if other is not None and write.first <= read.last and write.source != process:
                        reason = f"{one.reason}; by a program that came from {other.peer}"
                        return replace(one, features={**one.features, "came_from_other": 1.0}, reason=reason)
    return one


class _Lines:
    """Who began whom in a slice."""

    def __init__(self, slice_: Slice) -> None:
        self._parents = {edge.target: edge.source for edge in slice_.edges if edge.kind in LINEAGE}
        self._children: dict[int, list[int]] = defaultdict(list)
        for child, parent in self._parents.items():
            self._children[parent].append(child)

    def above(self, id: int) -> list[int]:
        """A process and those that led to it, nearest first."""
        line = [id]
        while (parent := self._parents.get(line[-1])) is not None and parent not in line:
            line.append(parent)
        return line

    def below(self, id: int) -> list[int]:
        """A process and those that it led to, some generations down."""
        known, newest = [id], [id]
        for _ in range(_GENERATIONS):
            newest = [child for parent in newest for child in self._children[parent] if child not in known]
            known += newest
        return known


def _marked(
    slice_: Slice,
    one: Candidate,
    peers: Iterable[Candidate],
    lines: _Lines,
    reads: Mapping[int, Sequence[TraceEdge]],
    writes: Mapping[int, Sequence[TraceEdge]],
) -> Candidate:
    others = [other for other in peers if other.moment < one.moment and _is_another(slice_, other, one)]
    if not others:
        return one
    line = set(lines.above(one.served)) | set(lines.below(one.served))
    for reader in lines.below(one.served):
        for read in reads.get(reader, ()):
            if not one.moment <= read.first or ms_of(read.first) - ms_of(one.moment) > _SETTLED_MS:
                continue
            for write in writes.get(read.source, ()):
                other = _writer(slice_, write, read, others, line, lines)
                if other is not None:
                    file = label(slice_.nodes[read.source])
                    who = (
                        other.peer
                        if other.peer != one.peer
                        else f"the same peer's connection to {label(slice_.nodes[other.served])}"
                    )
                    reason = f"{one.reason}; made possible by {who}, whose process wrote {file} before"
                    return replace(one, features={**one.features, "prepared_by_other": 1.0}, reason=reason)
    return one


def _writer(
    slice_: Slice, write: TraceEdge, read: TraceEdge, others: Iterable[Candidate], line: set[int], lines: _Lines
) -> Candidate | None:
    """The candidate whose process wrote a file that was read shortly after; None when it prepared nothing."""
    before = ms_of(read.first) - ms_of(write.first)
    if not 0 <= before <= _JUST_BEFORE_MS or write.source in line:
        return None
    if _program(slice_.nodes[write.source]) == _program(slice_.nodes[read.target]):
        return None
    above = set(lines.above(write.source))
    known = [other for other in others if other.served in above and other.moment <= write.first]
    return max(known, key=lambda other: other.moment, default=None)


def _is_another(slice_: Slice, other: Candidate, one: Candidate) -> bool:
    """Whether two candidates are of different peers, or of one peer that came in to two programs."""
    return other.peer != one.peer or _program(slice_.nodes[other.served]) != _program(slice_.nodes[one.served])


def _program(node: Node) -> str:
    return str(node.attributes.get("exe") or node.attributes.get("comm") or node.id)
