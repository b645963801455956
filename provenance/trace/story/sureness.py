"""Sureness: how sure it is that what a program did belongs to the story, where guesses within a host lead to it.

Such guesses are local connections that were paired without proof, and processes that were placed under a parent. A trace is as
sure of a program as of the weakest guess on the best way that leads to it. Guesses between hosts count for the hosts
(`provenance.trace.limits.doubts`).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.store.interface import Node
from provenance.trace.result import HostReached, Slice, Step, TraceEdge

_ACROSS = frozenset((FlowKind.REACHED, FlowKind.LOGGED_IN))


def with_confidence(
    steps: Iterable[Step], sure: Mapping[int, float], reached: Iterable[HostReached]
) -> tuple[Step, ...]:
    """The steps, each with the confidence of its program or of its host, the lower one."""
    hosts = {host.host: host.confidence for host in reached}
    return tuple(replace(step, confidence=min(hosts.get(step.host, 1.0), sure.get(step.node, 1.0))) for step in steps)


def of_backward(slice_: Slice, forward: Slice, route: Sequence[TraceEdge]) -> Mapping[int, float]:
    """How sure each program and peer of a backward slice is, and each further one of the forward slice from the way in; without
    those of which nothing is guessed. What the alert's own line began is sure. What a server did besides is as sure as
    that the peer came in to it."""
    if not any(_is_guess(slice_, edge) for edge in slice_.edges):
        return {}
    found = _widest(slice_, dict.fromkeys(slice_.start, 1.0), backward=True)
    weakest = 1.0
    for edge in reversed(route):  # the way that is shown, also where another one is surer
        weakest = min(weakest, _confidence(slice_.nodes, edge))
        found[edge.source] = weakest
    line = set(slice_.start)
    for entered, left in reversed(list(pairwise(route))):
        if left.kind in LINEAGE and entered.kind not in LINEAGE:
            found[left.source] = weakest
            break
        line |= {left.source, left.target} if left.kind in LINEAGE else set()
    line |= {edge.target for edge in route[-1:]}
    starts = {id: found.get(id, 1.0) for id in forward.start} | {id: found[id] for id in line if id in found}
    return {**_widest(forward, starts, backward=False), **found}


def of_forward(slice_: Slice) -> Mapping[int, float]:
    """How sure each program and peer of a forward slice is; empty if nothing is guessed."""
    if not any(_is_guess(slice_, edge) for edge in slice_.edges):
        return {}
    return _widest(slice_, dict.fromkeys(slice_.start, 1.0), backward=False)


def _is_guess(slice_: Slice, edge: TraceEdge) -> bool:
    return _confidence(slice_.nodes, edge) < 1.0


def _confidence(nodes: Mapping[int, Node], edge: TraceEdge) -> float:
    """The confidence of an edge within a host."""
    if edge.kind in _ACROSS and nodes[edge.source].host != nodes[edge.target].host:
        return 1.0
    return edge.confidence


def _widest(slice_: Slice, starts: Mapping[int, float], backward: bool) -> dict[int, float]:
    """For each entity the greatest confidence of the weakest edge of a way from the starts."""
    following: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for edge in slice_.edges:
        near, far = (edge.target, edge.source) if backward else (edge.source, edge.target)
        following[near].append((far, _confidence(slice_.nodes, edge)))
    found: dict[int, float] = {}
    waiting = [(-confidence, id) for id, confidence in starts.items() if id in slice_.nodes]
    heapq.heapify(waiting)
    while waiting:
        confidence, id = heapq.heappop(waiting)
        if id in found:
            continue
        found[id] = -confidence
        for far, sure in following[id]:
            if far not in found:
                heapq.heappush(waiting, (max(confidence, -sure), far))
    return found
