"""Triggers: the files that a server on the route read before it began or called what comes next on the route, and who had written
them.

A web shell is such a file: the server reads it for the intruder's request, and then does what the request asks for. What a
server reads to serve everybody it reads again and again; so only what it began to read after the peer came in counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from provenance.ingest.clock import FIRST
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.accounts import account
from provenance.text.labels import label
from provenance.trace.programs.effects import CHANGING, Act, Objects, act_of, effects, moments_of, step_text
from provenance.trace.result import Entry, Slice, Step, TraceEdge
from provenance.trace.way_in.arrivals import arrival_steps

MOST_UNEXPLAINED = 2
"""The most files of one server that no record shows being written: the last ones that it read before the program began."""
MOST_WRITTEN = 8
"""The most files of one server that a process of the slice had written."""
MOST_PREPARATIONS = 4
"""The most steps by which files of triggers were written."""
DOUBT = "may be another client's"
_LAST_RANK = 2
_HOPS = 8
"""The most flows from a peer to a process that wrote a file for it."""
_SERVES = frozenset(
    (FlowKind.ACCEPTED, FlowKind.RECEIVED, FlowKind.REACHED, FlowKind.CONNECTED, FlowKind.SENT, FlowKind.PIPED)
)


class Trigger(NamedTuple):
    """A file that a server read at a moment before it began a program, by the READ edge, and the edges that had changed the file
    before."""

    read: TraceEdge
    moment: int
    changes: tuple[TraceEdge, ...]


def triggers(slice_: Slice, route: Sequence[TraceEdge]) -> tuple[Trigger, ...]:
    """The triggers on a route of a backward slice, in order of time: of each server those that were written in the slice, then
    the last ones of the others, without routine files."""
    served = _served(slice_, route)
    objects = Objects(slice_.nodes)
    reads: dict[int, list[TraceEdge]] = {server: [] for server, _, _ in served}
    for edge in slice_.edges:
        if edge.kind is FlowKind.READ and edge.target in reads and act_of(edge, objects) is not None:
            reads[edge.target].append(edge)
    changes: dict[int, list[TraceEdge]] = {read.source: [] for own in reads.values() for read in own}
    for edge in slice_.edges if changes else ():
        if edge.kind in CHANGING and edge.target in changes:
            changes[edge.target].append(edge)
    found = [
        trigger for server, since, until in served for trigger in _most_telling(reads[server], changes, since, until)
    ]
    return tuple(sorted(found, key=lambda trigger: (trigger.moment, trigger.read.id)))


def _served(slice_: Slice, route: Sequence[TraceEdge]) -> list[tuple[int, int, int]]:
    """The servers of a route, each with the moment at which the peer, or what came from him, entered it and that of the next
    flow of the route: its bound for the last one, and where that flow had begun before."""
    found = []
    for entered, left in zip_longest(route, route[1:]):
        server = entered.target
        if entered.kind in LINEAGE or slice_.nodes[server].kind is not EntityKind.PROCESS:
            continue
        until = slice_.bounds[server]
        if left is not None and left.first >= entered.first:
            until = min(until, left.first)
        found.append((server, entered.first, until))
    return found


def _most_telling(
    reads: Iterable[TraceEdge], changes: Mapping[int, Sequence[TraceEdge]], since: int, until: int
) -> list[Trigger]:
    """The triggers among the reads of one server from one moment until another."""
    written, others = list[Trigger](), list[Trigger]()
    for read in reads:
        times = [moment for moment in moments_of(read) if since <= moment <= until]
        before = tuple(edge for edge in changes[read.source] if edge.first <= until)
        if times and before:
            written.append(Trigger(read, times[-1], before))
        elif times and read.first >= since:
            others.append(Trigger(read, times[-1], ()))
    for known in (written, others):
        known.sort(key=lambda trigger: (-trigger.moment, trigger.read.id))
    return [*written[:MOST_WRITTEN], *others[:MOST_UNEXPLAINED]]


def preparations(
    slice_: Slice, entries: Sequence[Entry], known: Collection[str], found: Iterable[Trigger]
) -> list[Step]:
    """The steps by which the files of triggers were written for peers, as far as no edge in `known` (ids) shows it: each process
    that wrote some, and the peer that had come in last before, which may be another client than the intruder. In order of
    time."""
    objects, acts = Objects(slice_.nodes), dict[int, list[Act]]()
    for trigger in found:
        for edge in trigger.changes:
            act = act_of(edge, objects)
            if act is not None and edge.id not in known:
                acts.setdefault(edge.source, []).append(act)
    peers = _Peers(slice_, entries)
    steps: list[Step] = []
    for process, own in acts.items():
        own.sort(key=lambda act: (act.moment, act.edge.id))
        peer = peers.before(process, own[0].moment)
        if peer is not None:
            steps += arrival_steps(slice_, [peer])
            steps.append(_step(slice_.nodes[process], own, objects))
    steps.sort(key=lambda step: step.moment)
    return [replace(step, rank=_LAST_RANK, doubt=DOUBT) for step in steps[:MOST_PREPARATIONS]]


def _step(writer: Node, acts: Sequence[Act], objects: Objects) -> Step:
    what = effects(acts, objects)
    text = step_text(label(writer), what)
    who = account(writer, acts[0].edge.first)
    return Step(acts[0].moment, writer.host, writer.id, acts[0].edge.id, text, account=who, effects=what)


class _Peers:
    """Which peer had come in last before a moment, to a process or to one that serves it over local connections and pipes."""

    def __init__(self, slice_: Slice, entries: Iterable[Entry]) -> None:
        self._entries = {entry.edge: entry for entry in entries}
        self._into: dict[int, list[TraceEdge]] = defaultdict(list)
        for edge in slice_.edges:
            if edge.kind in _SERVES:
                self._into[edge.target].append(edge)

    def before(self, process: int, moment: int) -> Entry | None:
        bounds, newest = {process: moment}, {process}
        found: list[Entry] = []
        for _ in range(_HOPS):
            reached: set[int] = set()
            for edge in (edge for id in newest for edge in self._into[id] if edge.first <= bounds[id]):
                if edge.kind is FlowKind.ACCEPTED and edge.id in self._entries:
                    found.append(self._entries[edge.id])
                bound = min(edge.last, bounds[edge.target])
                if bound > bounds.get(edge.source, FIRST):
                    bounds[edge.source] = bound
                    reached.add(edge.source)
            newest = reached
        return max(found, key=lambda entry: (entry.moment, -entry.rank), default=None)
