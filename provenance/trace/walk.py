"""The exact time-respecting slice of design section 7.

Backward, a flow u -> v that may be active in [first, last] counts at bound T(v) when first <= T(v), and gives
T(u) = max(T(u), min(last, T(v))); forward is the mirror image. The bounds are the least fixpoint of these rules, which does
not depend on the order of expansion, so whole frontiers are expanded at once (a store is asked as often as the trace is
deep), and an entity whose bound has grown is expanded again. Only a budget makes the order matter: then the entities with
the best score go first.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.clock import FIRST, LAST, shift
from ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction, Node, Store
from provenance.trace.budget import Budget
from provenance.trace.edges import as_edges
from provenance.trace.frontier import Frontier
from provenance.trace.result import Slice, Truncation

_ROUND = 4_000


def walk(store: Store, direction: Direction, start: Mapping[int, int], at: int | None, budget: Budget) -> Slice:
    """The slice from `start` (node -> bound, a moment of the node's host). `at` is only kept for the answer."""
    walker = _Walker(store, direction, budget)
    walker.run(start)
    nodes = _described(store, walker.bounds)
    runs = {place: flow for found in walker.runs.values() for place, flow in found.items()}
    known = [flow for flow in runs.values() if flow.source in nodes and flow.target in nodes]
    edges = as_edges(known, nodes)
    bounds = {id: bound for id, bound in walker.bounds.items() if id in nodes}
    return Slice(direction, tuple(start), at, bounds, nodes, edges, walker.truncation())


def _described(store: Store, ids: Mapping[int, int]) -> dict[int, Node]:
    return dict(store.nodes(ids))


class _Walker:
    def __init__(self, store: Store, direction: Direction, budget: Budget) -> None:
        self._store = store
        self._backward = direction is Direction.BACKWARD
        self._direction = direction
        self._budget = budget
        self.bounds: dict[int, int] = {}
        self.runs: dict[int, dict[tuple[int, int, int, int], Flow]] = {}
        self._depth: dict[int, int] = {}
        self._edges = 0
        self._cut: dict[int, int] = {}
        self._why: list[str] = []
        self._frontier = Frontier()

    def run(self, start: Mapping[int, int]) -> None:
        for id, bound in start.items():
            self.bounds[id] = bound
            self._depth[id] = 0
            self._frontier.add(id, 0.0)
        while self._frontier and not self._spent():
            self._round(self._frontier.take(_ROUND))
        for id in self._frontier.take(None):
            if id not in self.runs:
                self._cut.setdefault(id, 0)

    def _spent(self) -> bool:
        if self._edges >= self._budget.edges:
            self._say(f"the budget of {self._budget.edges} edges is spent")
            return True
        return False

    def _say(self, why: str) -> None:
        if why not in self._why:
            self._why.append(why)

    def _round(self, ids: list[int]) -> None:
        asked = {id: self.bounds[id] for id in ids if self._deep_enough(id)}
        if not asked:
            return
        limit = self._budget.runs_per_node
        found: dict[int, dict[tuple[int, int, int, int], Flow]] = {id: {} for id in asked}
        for flow in self._store.expand(self._direction, asked, limit + 1):
            near = flow.target if self._backward else flow.source
            if self._counts(flow, asked[near]):
                found[near][flow.kind, flow.source, flow.target, flow.first] = flow
        self._limit(found, limit)
        for id, flows in found.items():
            self._edges += len(flows) - len(self.runs.get(id, ()))
            self.runs[id] = flows
        for id, flows in found.items():
            for flow in flows.values():
                self._follow(flow, id, len(flows))

    def _deep_enough(self, id: int) -> bool:
        if self._budget.depth is None or self._depth[id] < self._budget.depth:
            return True
        self._say(f"the depth of {self._budget.depth} steps is reached")
        self._cut.setdefault(id, 0)
        return False

    def _limit(self, found: dict[int, dict[tuple[int, int, int, int], Flow]], limit: int) -> None:
        over = [id for id, flows in found.items() if len(flows) > limit]
        if not over:
            return
        self._say(f"more than {limit} runs at one entity")
        degrees = self._store.degrees(self._direction, over)
        for id in over:
            nearest = sorted(found[id].items(), key=lambda item: item[1].first, reverse=self._backward)
            found[id] = dict(nearest[:limit])
            self._cut[id] = degrees[id] - limit

    def _counts(self, flow: Flow, bound: int) -> bool:
        if flow.kind is not FlowKind.REACHED:
            return True
        here = self._across(flow, bound)
        return flow.first <= here if self._backward else flow.last >= bound

    def _across(self, flow: Flow, bound: int) -> int:
        """A bound of the end where the walk stands, on the clock of the other end's host."""
        if flow.kind is not FlowKind.REACHED or bound in (FIRST, LAST):
            return bound
        skew = int((flow.detail or {}).get("skew", 0))
        return shift(bound, -skew if self._backward else skew)

    def _follow(self, flow: Flow, near: int, fan: int) -> None:
        far = flow.source if self._backward else flow.target
        if self._backward:
            bound = min(flow.last, self._across(flow, self.bounds[near]))
            grown = far not in self.bounds or bound > self.bounds[far]
        else:
            bound = self._across(flow, max(flow.first, self.bounds[near]))
            grown = far not in self.bounds or bound < self.bounds[far]
        if not grown:
            return
        if far not in self.bounds and len(self.bounds) >= self._budget.nodes:
            self._say(f"the budget of {self._budget.nodes} entities is spent")
            self._cut[near] = self._cut.get(near, 0) + 1
            return
        self.bounds[far] = bound
        self._depth[far] = min(self._depth.get(far, 1 << 30), self._depth[near] + 1)
        self._frontier.add(far, self._frontier.score(flow, self.bounds[near], fan, self._depth[far]))

    def truncation(self) -> Truncation | None:
        if not self._why:
            return None
        unread = [id for id, amount in self._cut.items() if amount == 0]
        degrees = self._store.degrees(self._direction, unread)
        left_out = sum(self._cut.values()) + sum(degrees.values())
        return Truncation("; ".join(self._why), left_out, tuple(sorted(self._cut)))
