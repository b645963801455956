"""The exact slice that respects time (docs/semantics.md#causality).

Backward, a flow u -> v that may be active in [first, last] counts at bound T(v) when first <= T(v), and gives
T(u) = max(T(u), min(last, T(v))); forward is the mirror image. The bounds are the least fixpoint of these rules, which does
not depend on the order of expansion, so whole frontiers are expanded at once (a store is queried as often as the trace is
deep), and an entity whose bound has grown is expanded again. Only a budget makes the order matter: then the entities with
the best score go first, and an entity belongs to the slice once it is expanded, not when a flow first names it.

What a program exchanged with a peer by datagrams goes on only to the peer's own host, by a REACHED flow: such a peer has a
second bound, for what came from there, and only that one counts for the flows of other programs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from provenance.ingest.facts import LINEAGE, Flow, FlowKind
from provenance.store.interface import Direction, Store
from provenance.text.counts import counted
from provenance.trace.result import Slice, Truncation
from provenance.trace.slice.budget import Budget
from provenance.trace.slice.clocks import at_source, at_target
from provenance.trace.slice.edges import as_edges
from provenance.trace.slice.frontier import Frontier
from provenance.trace.slice.outsiders import RECEIVED_FROM, SENT_TO, Outsiders

_ROUND = 4_000
_BAND = 0.1
"""When the budget cannot cover all entities, a round takes only those whose score is this near to the best."""

_AT_FILES = LINEAGE | {FlowKind.LOADED, FlowKind.READ, FlowKind.WROTE}
"""The most frequent flows between processes and files, and among processes: they lead to no peer."""
_RunKey = tuple[FlowKind, int, int, int]


def walk(
    store: Store,
    direction: Direction,
    start: Mapping[int, int],
    at: int | None,
    budget: Budget,
    known: Slice | None = None,
) -> Slice:
    """The slice from `start` (node -> bound, a moment of the node's host). `at` is only copied into the answer. The nodes
    and edges of a `known` slice of the same state of the logs are not made again."""
    walker = _Walker(store, direction, budget)
    walker.run(start)
    nodes = {id: known.nodes[id] for id in walker.members if id in known.nodes} if known else {}
    nodes |= store.nodes(walker.members - nodes.keys())
    flows = (flow for flow in walker.flows() if flow.source in nodes and flow.target in nodes)
    edges = as_edges(flows, nodes, known.edges if known else ())
    bounds = {id: bound for id, bound in walker.bounds.items() if id in nodes}
    return Slice(direction, tuple(start), at, bounds, nodes, edges, walker.truncation())


class _Walker:
    def __init__(self, store: Store, direction: Direction, budget: Budget) -> None:
        self._store = store
        self._backward = direction is Direction.BACKWARD
        self._direction = direction
        self._budget = budget
        self.bounds: dict[int, int] = {}
        self.members: set[int] = set()
        self._runs: dict[int, dict[_RunKey, Flow]] = {}
        self._depth: dict[int, int] = {}
        self._edges = 0
        self._partial: set[int] = set()
        self._reasons: list[str] = []
        self._frontier = Frontier()
        self._peers = Outsiders(store)
        self._from_program, self._to_program = (RECEIVED_FROM, SENT_TO) if self._backward else (SENT_TO, RECEIVED_FROM)
        """The flows by which the walk comes from a program to a peer, and those by which it goes on to another one."""
        self._conditional = self._to_program | {FlowKind.REACHED}
        """The flows that a store returns regardless of what makes them count."""
        self._talked_to: set[int] = set()
        """The peers that the walk came to from a program."""
        self._other_bounds: dict[int, int] = {}
        """The bounds of peers by the flows other than those from a program to a peer."""

    def run(self, start: Mapping[int, int]) -> None:
        for id, bound in start.items():
            self.bounds[id] = self._other_bounds[id] = bound
            self._depth[id] = 0
            self.members.add(id)
            self._frontier.add(id, 0.0)
        while self._frontier and self._edges < self._budget.edges:
            crowded = len(self.members) + len(self._frontier) > self._budget.nodes
            self._expand(self._admit(self._frontier.take(_ROUND, _BAND if crowded else None)))
        waiting = [id for id in self._frontier.take(None, None) if id in self.members]
        self._partial.update(waiting)
        if self._edges >= self._budget.edges:
            self._add_reason(f"the trace reached its limit of {counted(self._budget.edges, 'edge')}")

    def _add_reason(self, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.append(reason)

    def _admit(self, ids: list[int]) -> list[int]:
        """Add entities to the slice within the budget, and return those whose flows are to be read."""
        read: list[int] = []
        for id in ids:
            if id not in self.members:
                if len(self.members) >= self._budget.nodes:
                    self._add_reason(f"the trace reached its limit of {counted(self._budget.nodes, 'entity')}")
                    continue
                self.members.add(id)
            if self._budget.depth is None or self._depth[id] < self._budget.depth:
                self._partial.discard(id)
                read.append(id)
            else:
                self._add_reason(f"the trace reached its limit of {counted(self._budget.depth, 'step')} from the start")
                self._partial.add(id)
        return read

    def _expand(self, ids: list[int]) -> None:
        frontier = {id: self.bounds[id] for id in ids}
        self._peers.look_up(id for id in ids if id in self._talked_to)
        limit, backward = self._budget.runs_per_node, self._backward
        found: dict[int, dict[_RunKey, Flow]] = {id: {} for id in ids}
        read = dict.fromkeys(ids, 0)
        edges_left = self._budget.edges - self._edges
        for flow in self._store.expand(self._direction, frontier, limit + 1):
            near = flow.target if backward else flow.source
            read[near] += 1
            if flow.kind in self._conditional and not self._counts(flow, frontier[near]):
                continue
            if edges_left <= 0:
                self._partial.update(id for id in ids if id >= near)
                break
            key = flow[:4]
            found[near][key] = flow
            edges_left -= key not in self._runs.get(near, ())
        for id, flows in found.items():
            if read[id] > limit:
                self._add_reason(
                    f"an entity has more than {counted(limit, 'flow')}; the trace read only the {limit:,} nearest"
                )
                self._partial.add(id)
            if len(flows) > limit:
                flows.pop(next(iter(flows)) if self._backward else next(reversed(flows)))
            runs = self._runs.get(id)
            if runs is None:
                self._runs[id] = flows
                self._edges += len(flows)
            else:
                self._edges += len(flows.keys() - runs.keys())
                runs.update(flows)
        for id, flows in found.items():
            for flow in flows.values():
                self._follow(flow, id, len(flows))

    def _near(self, flow: Flow) -> int:
        return flow.target if self._backward else flow.source

    def _far(self, flow: Flow) -> int:
        return flow.source if self._backward else flow.target

    def _counts(self, flow: Flow, bound: int) -> bool:
        """Whether a flow that a store returned for the bound is active within that of its near end."""
        near = self._near(flow)
        if flow.kind in self._to_program and self._peers.is_datagram(near):
            other = self._other_bounds.get(near)
            return other is not None and (flow.first <= other if self._backward else flow.last >= other)
        return self._is_active(flow, bound)

    def _is_active(self, flow: Flow, bound: int) -> bool:
        """Whether a flow is active within the bound. Only REACHED flows need the check: a store returns them regardless of
        time."""
        if flow.kind is not FlowKind.REACHED:
            return True
        return flow.first <= self._across(flow, bound) if self._backward else flow.last >= bound

    def _across(self, flow: Flow, bound: int) -> int:
        """A bound of the near end of a flow, on the clock of the far end's host."""
        return at_source(flow, bound) if self._backward else at_target(flow, bound)

    def _follow(self, flow: Flow, near: int, fan: int) -> None:
        kind, bound = flow.kind, self.bounds[near]
        if kind in self._to_program and self._peers.is_datagram(near):
            bound = self._other_bounds[near]
        if self._backward:
            far, limit = flow.source, self._across(flow, bound) if kind is FlowKind.REACHED else bound
            reached = flow.last if flow.last < limit else limit
        else:
            far, reached = flow.target, flow.first if flow.first > bound else bound
            if kind is FlowKind.REACHED:
                reached = self._across(flow, reached)
        grown = self._grow(self.bounds, far, reached)
        if kind in self._from_program:
            self._talked_to.add(far)
        elif kind not in _AT_FILES:
            grown = self._grow(self._other_bounds, far, reached) or grown
        depth = self._depth[near] + 1
        nearer = depth < self._depth.get(far, depth + 1)
        if nearer:
            self._depth[far] = depth
        if grown or (nearer and self._budget.depth is not None):
            self._frontier.add(far, self._frontier.score(flow, bound, fan, self._depth[far]))

    def _grow(self, bounds: dict[int, int], id: int, reached: int) -> bool:
        """Widen a bound, and say whether it was narrower."""
        known = bounds.get(id)
        grown = known is None or (reached > known if self._backward else reached < known)
        if grown:
            bounds[id] = reached
        return grown

    def flows(self) -> Iterator[Flow]:
        """The runs of the slice."""
        for runs in self._runs.values():
            for flow in runs.values():
                if self._far(flow) in self.members:
                    yield flow

    def truncation(self) -> Truncation | None:
        """What the budget left out: the active runs that are not in the slice, counted at their near entities; None for
        nothing."""
        if not self._reasons:
            return None
        left: Counter[int] = Counter()
        for near, runs in self._runs.items():
            if near not in self._partial:
                left[near] += sum(self._far(flow) not in self.members for flow in runs.values())
        frontier = {id: self.bounds[id] for id in self._partial}
        self._peers.look_up(id for id in frontier if id in self._talked_to)
        for flow in self._store.expand(self._direction, frontier):
            near = self._near(flow)
            if self._counts(flow, frontier[near]) and not self._holds(near, flow):
                left[near] += 1
        at = tuple(sorted(id for id, amount in left.items() if amount))
        return Truncation("; ".join(self._reasons), left.total(), at) if at else None

    def _holds(self, near: int, flow: Flow) -> bool:
        return self._far(flow) in self.members and flow[:4] in self._runs.get(near, ())
