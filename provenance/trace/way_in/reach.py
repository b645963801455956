"""Reach: what flows lead to, apart from where two programs only use the same thing.

A file that most programs use joins all of them, and so does a pipe of which a server and its copies all hold both ends. So does
the address of a server: the log has one node for it, to which all its clients connect. What a server sends through one
connection reaches the client that opened it, as far as the events of both ends show which one that is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from itertools import count

from provenance.ingest.clock import LAST
from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.labels import paths
from provenance.trace.programs.directness import is_routine
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.result import TraceEdge
from provenance.trace.slice.clocks import at_target
from provenance.trace.way_in.arrivals import program

_OF_CONNECTIONS = frozenset((FlowKind.REACHED, FlowKind.CONNECTED))
_COPIES = 3
"""From how many copies of one program on a pipe of which each holds both ends is common to all of them."""


def within_reach(edges: Iterable[TraceEdge], nodes: Mapping[int, Node], starts: Mapping[int, int]) -> set[int]:
    """The nodes that flows lead to from the starts (with the moments from which they count): not through files, sockets and
    pipes that others use too, and not from one connection of an address to another. A signal to a copy of the same program
    carries nothing."""
    return _Reach(edges, nodes).of(starts)


class _Reach:
    def __init__(self, edges: Iterable[TraceEdge], nodes: Mapping[int, Node]) -> None:
        self._nodes = nodes
        self._onward: dict[int, list[TraceEdge]] = defaultdict(list)
        self._clients: set[tuple[int, int]] = set()
        self._joins: dict[tuple[int, int], TraceEdge] = {}
        for edge in edges:
            self._onward[edge.source].append(edge)
            if edge.kind is FlowKind.REACHED:
                self._joins[edge.source, edge.target] = edge
            elif edge.kind is FlowKind.CONNECTED:
                self._clients.add((edge.source, edge.target))
        routine = {id for id, node in nodes.items() if is_routine(node) and not any(map(is_lasting, paths(node)))}
        self._routine = routine | self._common_pipes(nodes)

    def _common_pipes(self, nodes: Mapping[int, Node]) -> set[int]:
        """The pipes of which several copies of one program hold both ends: what all of them inherited passes between none."""
        writers: dict[int, set[int]] = defaultdict(set)
        for edges in self._onward.values():
            for edge in edges:
                if edge.kind is FlowKind.PIPED and nodes[edge.target].attributes.get("type") == "pipe":
                    writers[edge.target].add(edge.source)
        return {pipe for pipe, known in writers.items() if self._have_both_ends(pipe, known, nodes)}

    def _have_both_ends(self, pipe: int, writers: set[int], nodes: Mapping[int, Node]) -> bool:
        both = writers & {edge.target for edge in self._onward.get(pipe, ())}
        programs = Counter(program(nodes[id]) for id in both)
        return max(programs.values(), default=0) >= _COPIES

    def of(self, starts: Mapping[int, int]) -> set[int]:
        """The nodes. `starts` holds the moments from which the starts count."""
        known: dict[tuple[int, str], int] = {}
        order = count()
        waiting: list[tuple[int, int, int, TraceEdge | None]] = [
            (moment, next(order), id, None) for id, moment in starts.items()
        ]
        heapify(waiting)
        while waiting:
            moment, _, id, by = heappop(waiting)
            way = id, by.id if by is not None and by.kind in _OF_CONNECTIONS else ""
            if known.get(way, LAST) <= moment:
                continue
            known[way] = moment
            for edge in self._next(id, by):
                if edge.last >= moment:
                    heappush(waiting, (at_target(edge, max(edge.first, moment)), next(order), edge.target, edge))
        return {id for id, _ in known}

    def _next(self, id: int, by: TraceEdge | None) -> Iterator[TraceEdge]:
        for edge in self._onward.get(id, ()):
            if edge.target in self._routine or self._is_signal_to_copy(edge):
                continue
            if by is None or self._may_follow(by, edge):
                yield edge

    def _is_signal_to_copy(self, edge: TraceEdge) -> bool:
        """Whether a copy of a server only wakes another one."""
        if edge.kind is not FlowKind.SIGNALLED:
            return False
        known = program(self._nodes[edge.source])
        return bool(known) and known == program(self._nodes[edge.target])

    def _may_follow(self, by: TraceEdge, edge: TraceEdge) -> bool:
        """Whether what came by a flow can go on by another one: not if they are of two connections to one address."""
        if by.kind is FlowKind.CONNECTED and edge.kind is FlowKind.REACHED:
            return _may_share_event(by, edge)
        if by.kind is not FlowKind.REACHED:
            return not ((by.source, by.target) in self._clients and (edge.target, edge.source) in self._clients)
        if edge.kind is FlowKind.REACHED:
            return False
        opened = self._joins.get((by.target, by.source))
        return opened is None or _may_share_event(opened, edge)


def _may_share_event(one: TraceEdge, other: TraceEdge) -> bool:
    """Whether two flows can have an event in common: a connection's flows have the event that opened it."""
    known = all(edge.evidence and edge.times <= len(edge.evidence) for edge in (one, other))
    return not known or not set(one.evidence).isdisjoint(other.evidence)
