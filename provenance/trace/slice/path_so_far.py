"""The best path that a running trace has found so far, from the runs that its walk reads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction, Node
from provenance.trace.slice.clocks import at_source, at_target
from provenance.trace.slice.datagrams import is_datagram_peer
from provenance.trace.slice.outsiders import RECEIVED_FROM, SENT_TO

_OUTSIDE: Mapping[Direction, Mapping[FlowKind, int]] = {
    Direction.BACKWARD: {FlowKind.ACCEPTED: 2, FlowKind.RECEIVED: 1},
    Direction.FORWARD: {FlowKind.CONNECTED: 2, FlowKind.SENT: 1},
}
"""The rank of flows from or to a peer: a peer that connected ranks above one that was contacted, being less expected."""


class _Reached(NamedTuple):
    """How an entity is connected to the start: its run, its bound, the number of steps, and the rank of the peer (0 for none)."""

    run: Flow
    bound: int
    steps: int
    outside: int


class PathSoFar:
    """Follows a walk in one direction; other threads may read it. Runs that are read in the other direction afterwards are
    ignored. Bounds are those of docs/semantics.md#causality."""

    def __init__(self, direction: Direction) -> None:
        self._lock = threading.Lock()
        self._direction = direction
        self._reached: dict[int, _Reached] = {}
        self._joined: set[int] = set()
        self._start: dict[int, int] = {}
        self._only_circular: set[int] = set()
        """Entities that only circles lead to: no path from them is reported."""
        self._datagrams: set[int] = set()
        """Peers that are reached by datagrams: the walk does not go on from them to another program."""
        self._is_under_way = False
        """Whether the walk has left its starts. What is then read of an entity that it did not reach is a look-up after it."""

    def begin_round(self, direction: Direction, frontier: Iterable[int]) -> None:
        """Note the entities whose runs are read next."""
        if direction is self._direction:
            with self._lock:
                self._is_under_way = self._is_under_way or any(id in self._reached for id in frontier)

    def note_peers(self, nodes: Iterable[Node]) -> None:
        """Note which of the entities that the walk looked up are peers that are reached by datagrams."""
        with self._lock:
            self._datagrams.update(node.id for node in nodes if is_datagram_peer(node))

    def add_run(self, direction: Direction, run: Flow, bound: int) -> None:
        """Add a run that the walk read at an entity with this bound."""
        if direction is not self._direction:
            return
        backward = direction is Direction.BACKWARD
        near, far = (run.target, run.source) if backward else (run.source, run.target)
        if near == far:
            return
        with self._lock:
            before, known = self._reached.get(near), self._reached.get(far)
            if not _active(run, bound, backward):
                return
            if self._is_under_way and before is None and near not in self._start:
                return
            if before is not None and near in self._datagrams and _is_exchange(before.run, run, backward):
                return
            first = self._start.get(near) if before is None else before.bound
            if first is not None:
                bound = min(bound, first) if backward else max(bound, first)
            if near in self._only_circular or not _active(run, bound, backward):
                if known is None and far not in self._start:
                    self._only_circular.add(far)
                return
            came = _across(run, bound if backward else max(run.first, bound), backward)
            reached = min(run.last, came) if backward else came
            if run.kind is FlowKind.REACHED:
                self._joined.add(near)
            if before is None:
                self._start.setdefault(near, bound)
            if far in self._start:
                return
            self._only_circular.discard(far)
            grown = known is not None and (reached > known.bound if backward else reached < known.bound)
            if known is None or (grown and not self._leads_through(near, far)):
                steps = 1 if before is None else before.steps + 1
                self._reached[far] = _Reached(run, reached, steps, _OUTSIDE[direction].get(run.kind, 0))

    def _leads_through(self, id: int, other: int) -> bool:
        """Whether the path from one entity to the start goes through another. Clocks that are corrected by estimates that do
        not agree let a circle pass more than there was."""
        while id != other and id in self._reached:
            run = self._reached[id].run
            id = run.target if self._direction is Direction.BACKWARD else run.source
        return id == other

    def best(self) -> tuple[Flow, ...]:
        """The runs between the start and the external peer nearest to it in time, or, without such a peer, the furthest entity;
        in the order in which information passed. Empty before a run was read."""
        with self._lock:
            sign = 1 if self._direction is Direction.BACKWARD else -1
            if not self._reached:
                return ()
            found = self._to_start(
                max(self._reached, key=lambda id: _worth(self._reached[id], id in self._joined, sign))
            )
        return tuple(found if self._direction is Direction.BACKWARD else found[::-1])

    def _to_start(self, id: int) -> list[Flow]:
        backward = self._direction is Direction.BACKWARD
        found: list[Flow] = []
        while id in self._reached:
            run = self._reached[id].run
            found.append(run)
            id = run.target if backward else run.source
        return found


def _worth(reached: _Reached, joined: bool, sign: int) -> tuple[int, int]:
    """The sort key of an entity. The address of a recorded host is not external: the walk goes on to that host."""
    if reached.outside and not joined:
        return reached.outside, sign * reached.bound
    return 0, reached.steps


def _is_exchange(before: Flow, run: Flow, backward: bool) -> bool:
    """Whether two runs that a walk reads one after the other are what one program sent to a peer and another got from it."""
    sent, received = (run, before) if backward else (before, run)
    return sent.kind in SENT_TO and received.kind in RECEIVED_FROM


def _active(run: Flow, bound: int, backward: bool) -> bool:
    return run.first <= _across(run, bound, backward) if backward else run.last >= bound


def _across(run: Flow, bound: int, backward: bool) -> int:
    """A bound of the end where the walk stands, on the clock of the other end's host."""
    return at_source(run, bound) if backward else at_target(run, bound)
