"""Which entities to expand next: the best score first, which matters only inside a budget (design section 7)."""

from __future__ import annotations

import heapq
import math

from ingest.clock import ms_of
from ingest.facts import Flow, FlowKind

_BOUNDARY = frozenset((FlowKind.ACCEPTED, FlowKind.RECEIVED, FlowKind.CONNECTED, FlowKind.LOGGED_IN, FlowKind.REACHED))
"""Flows that cross a trust boundary: the network, a session, another host."""
_LINEAGE = frozenset((FlowKind.SPAWNED, FlowKind.EXECUTED))
_HALF_LIFE_MS = 60_000


class Frontier:
    """Entities whose bound has changed since they were last expanded."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._waiting: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, id: int, score: float) -> None:
        """Put an entity forward; the greatest score that it was given counts."""
        self._waiting.add(id)
        heapq.heappush(self._heap, (-score, id))

    def take(self, most: int | None) -> list[int]:
        """The best ones, which no longer wait; all when `most` is None."""
        taken: list[int] = []
        while self._heap and (most is None or len(taken) < most):
            _, id = heapq.heappop(self._heap)
            if id in self._waiting:
                self._waiting.discard(id)
                taken.append(id)
        return taken

    @staticmethod
    def score(flow: Flow, bound: int, fan: int, depth: int) -> float:
        """How much following a flow promises: rare, near in time to the effect, few siblings, across a boundary."""
        gap = abs(ms_of(bound) - ms_of(min(max(flow.first, 0), bound)))
        closeness = 1.0 / (1.0 + gap / _HALF_LIFE_MS)
        rarity = 1.0 / (1.0 + math.log1p(flow.times) + math.log1p(fan))
        kind = 1.0 if flow.kind in _LINEAGE else 0.9 if flow.kind in _BOUNDARY else 0.5
        return (kind + closeness + rarity) / (1.0 + 0.05 * depth)
