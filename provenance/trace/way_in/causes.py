"""What made a candidate possible: a file that one peer's process wrote, and that another's login or arrival then relied on;
the other may be the same peer, who came in to another program before.

Nothing here knows a program or a path by name. What a program writes for itself between its own runs (a login daemon's
records of who came last) prepares nobody: writer and reader must be different programs, and not one of the other's line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.accounts import account_at
from provenance.text.labels import label, paths
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.programs.routine import is_routine_file
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.way_in.downloads import READS, runs
from provenance.trace.way_in.ranking import Candidate

_WRITES = frozenset((FlowKind.WROTE, FlowKind.RENAMED, FlowKind.LINKED))
_JUST_BEFORE_MS = 600_000
"""How long before it is read a file may have been written to have been written for that."""
_LONG_BEFORE = 0.5
"""How much less it says that a file was written longer before."""
_BY_SERVICE = 1.5
"""How much more it says that a program wrote it for which nobody had logged in."""
_SETTLED_MS = 30_000
"""How long after a connection began its program still prepares: what it reads later, it reads for something else."""
_GENERATIONS = 8
"""How far down from the program that took the connection a login is prepared."""


def prepared(slice_: Slice, found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates; each that is a consequence of an earlier one of another peer is marked, and its reason says so."""
    lines = _Lines(slice_)
    reads, writes = defaultdict(list), defaultdict(list)
    for edge in slice_.edges:
        if slice_.nodes[edge.source].kind is EntityKind.FILE and edge.kind in READS:
            reads[edge.target].append(edge)
        elif edge.kind in _WRITES:
            writes[edge.target].append(edge)
    peers = [one for one in found if one.edge is not None and one.peer]
    earlier = [*peers, *(one for one in found if one.edge is None)]
    causes = {
        place: cause
        for place, one in enumerate(found)
        if one.edge is not None and (cause := _cause(slice_, one, earlier, lines, reads, writes)) is not None
    }
    marked = [_marked(slice_, one, causes[place]) if place in causes else one for place, one in enumerate(found)]
    marked = _as_near(found, marked, causes)
    downloads = [one for one in peers if "ran" in one.features]
    return [_as_consequence(slice_, one, downloads, lines, reads, writes) for one in marked]


def _as_near(found: Sequence[Candidate], marked: Sequence[Candidate], causes: Mapping[int, _Cause]) -> list[Candidate]:
    """The marked candidates; who came in and made another one possible is as near to the effects as that one, however long he
    took to write the file."""
    near: dict[int, float] = {}
    for place in sorted(causes, key=lambda place: -found[place].moment):
        worth, other, _ = causes[place]
        if not _is_called(other):
            own = max(found[place].features.get("near", 0.0), near.get(id(found[place]), 0.0))
            near[id(other)] = max(near.get(id(other), 0.0), own * min(worth, 1.0))
    return [
        replace(one, features={**one.features, "near": max(one.features.get("near", 0.0), near[id(was)])})
        if id(was) in near
        else one
        for was, one in zip(found, marked, strict=True)
    ]


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
            if read.first <= one.moment and runs(slice_, read):
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
        for edge in slice_.edges:
            if edge.kind is FlowKind.LOGGED_IN:
                self._children[edge.source].append(edge.target)

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


class _Cause(NamedTuple):
    """What made a candidate possible: how strong the evidence is, who wrote a file, and the read of it."""

    worth: float
    other: Candidate
    read: TraceEdge


def _cause(
    slice_: Slice,
    one: Candidate,
    earlier: Iterable[Candidate],
    lines: _Lines,
    reads: Mapping[int, Sequence[TraceEdge]],
    writes: Mapping[int, Sequence[TraceEdge]],
) -> _Cause | None:
    """The strongest cause of a candidate among earlier ones."""
    above = lines.above(one.served)
    others = [other for other in earlier if other.moment < one.moment and _is_another(slice_, other, one, above)]
    if not others:
        return None
    below = lines.below(one.served)
    line = {*above, *below}
    found: list[_Cause] = []
    for read in (read for reader in below for read in reads.get(reader, ()) if one.moment <= read.first):
        for write in writes.get(read.source, ()):
            worth = _worth(slice_, write, read, one) if write.source not in line else 0.0
            other = _writer(write, others, lines, worth) if worth else None
            if other is not None:
                found.append(_Cause(worth, other, read))
    return max(found, key=lambda cause: cause.worth, default=None)


def _marked(slice_: Slice, one: Candidate, cause: _Cause) -> Candidate:
    """A candidate with what made it possible."""
    worth, other, read = cause
    who = other.peer or label(slice_.nodes[other.served])
    if one.peer and other.peer == one.peer:
        who = f"the same peer's connection to {label(slice_.nodes[other.served])}"
    reason = f"{one.reason}; made possible by {who}, whose process wrote {label(slice_.nodes[read.source])} before"
    return replace(one, features={**one.features, "prepared_by_other": worth}, reason=reason)


def _worth(slice_: Slice, write: TraceEdge, read: TraceEdge, one: Candidate) -> float:
    """How strong the evidence is that a write prepared a candidate, whose program read the file later: 0 for none, 1 for a file
    written shortly before, more if nobody had logged in to write what starts programs or lets somebody log in.

    A file that starts programs or lets somebody log in is evidence also when it was written long before. A program that a
    service's program wrote is evidence also when the login runs it late; one that a user installed is not."""
    age, settling = ms_of(read.first) - ms_of(write.first), ms_of(read.first) - ms_of(one.moment)
    if age < 0:
        return 0.0
    file, writer, reader = (slice_.nodes[id] for id in (read.source, write.source, read.target))
    is_page = _is_page(file, write, read, one)
    if _program(writer) == _program(reader) and not is_page:
        return 0.0
    by_service = account_at(writer, write.first).auid is None
    lasting = is_page or any(map(is_lasting, paths(file))) or (by_service and runs(slice_, read))
    if settling > _SETTLED_MS and not (lasting and by_service):
        return 0.0
    worth = _BY_SERVICE if lasting and by_service and not is_page else 1.0
    return worth if age <= _JUST_BEFORE_MS else worth * _LONG_BEFORE if lasting else 0.0


def _is_page(file: Node, write: TraceEdge, read: TraceEdge, one: Candidate) -> bool:
    """Whether a server reads, in order to serve a peer, a file that another one of it had created: its own records are older, or
    are read by no server of a peer."""
    return read.target == one.served and file.first >= write.first and not any(map(is_routine_file, paths(file)))


def _writer(write: TraceEdge, others: Iterable[Candidate], lines: _Lines, worth: float) -> Candidate | None:
    """The candidate whose process wrote a file; None when there is none. Long before, nobody whom a program had contacted."""
    above = set(lines.above(write.source))
    known = [
        other
        for other in others
        if other.served in above and other.moment <= write.first and (worth >= 1.0 or not _is_called(other))
    ]
    return max(known, key=lambda other: (bool(other.peer), other.moment), default=None)


def _is_called(one: Candidate) -> bool:
    return any(name.startswith("called") for name in one.features)


def _is_another(slice_: Slice, other: Candidate, one: Candidate, above: Sequence[int]) -> bool:
    """Whether two candidates are of different peers, or of one peer that came in to two programs; a process older than the log is
    nobody else to what it began."""
    if not other.peer:
        return other.served not in above
    return other.peer != one.peer or _program(slice_.nodes[other.served]) != _program(slice_.nodes[one.served])


def _program(node: Node) -> str:
    return str(node.attributes.get("exe") or node.attributes.get("comm") or node.id)
