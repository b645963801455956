"""The frontier: which entities to expand next, the best score first. The order matters only within a budget
(docs/tracing.md#budget)."""

from __future__ import annotations

import heapq
import math

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import LINEAGE, Flow, FlowKind

_BOUNDARY = frozenset((FlowKind.ACCEPTED, FlowKind.RECEIVED, FlowKind.CONNECTED, FlowKind.LOGGED_IN, FlowKind.REACHED))
"""Flows that cross a trust boundary: the network, a session, another host."""
_HALF_LIFE_MS = 60_000


class Frontier:
    """Entities whose bound has changed since they were last expanded."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, id: int, score: float) -> None:
        """Add an entity; of several scores the greatest counts."""
        self._waiting.add(id)
        heapq.heappush(self._heap, (-score, id))

    def take(self, most: int | None, band: float | None) -> list[int]:
        """Remove and return the best entities: at most `most`, and with `band` none whose score is further than that below the
        best."""
        taken: list[int] = []
        least = -math.inf
        while self._heap and (most is None or len(taken) < most):
            score, id = -self._heap[0][0], self._heap[0][1]
            if id in self._waiting:
                if score < least:
                    break
                if not taken and band is not None:
                    least = score - band
                self._waiting.discard(id)
                taken.append(id)
            heapq.heappop(self._heap)
        return taken

    @staticmethod
    def score(flow: Flow, bound: int, fan: int, depth: int) -> float:
        """How promising a flow is to follow: rare, near in time to the effect, few siblings, across a boundary."""
        first = flow.first if flow.first > 0 else 0
        gap = ms_of(bound) - ms_of(first) if first < bound else 0
        closeness = 1.0 / (1.0 + gap / _HALF_LIFE_MS)
        rarity = 1.0 / (1.0 + math.log1p(flow.times) + math.log1p(fan))
        kind = 1.0 if flow.kind in LINEAGE else 0.9 if flow.kind in _BOUNDARY else 0.5
        return (kind + closeness + rarity) / (1.0 + 0.01 * depth)
