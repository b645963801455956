"""The request of a trace: from where, and how far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from provenance.investigation.selecting import StartSelection, starts_of
from provenance.service.tracing.watched import WatchedStore
from provenance.store.interface import Direction, Store
from provenance.trace.budget import Budget
from provenance.trace.result import Trace
from provenance.trace.trace import merged


class TraceRequest(NamedTuple):
    """Entities with their bounds, the moment that was asked for, and how far to go."""

    direction: Direction
    start: Mapping[int, int]
    at: int | None
    budget: Budget

    @property
    def key(self) -> str:
        """The name under which its trace is stored: equal requests have the same."""
        text = repr((self.direction.value, sorted(self.start.items()), self.at, self.budget))
        return f"r{blake2b(text.encode('ascii'), digest_size=16).hexdigest()}"

    def as_json(self) -> list[Any]:
        """As JSON; `request_from` is the inverse."""
        nodes, edges, depth = self.budget.nodes, self.budget.edges, self.budget.depth
        return [self.direction.value, list(map(list, self.start.items())), self.at, [nodes, edges, depth]]


def request_of(
    store: Store, direction: Direction, selected: StartSelection, when_ms: int | None, budget: Budget
) -> TraceRequest:
    """The request of a trace from all that is selected. Raises Ambiguous, NothingFound, UsageError, StoreError."""
    found, moment = starts_of(store, selected, direction, when_ms)
    return TraceRequest(direction, merged(found, direction), moment, budget)


def request_from(body: list[Any]) -> TraceRequest:
    """The request that `as_json` wrote."""
    direction, start, at, budget = body
    return TraceRequest(Direction(direction), dict(start), at, Budget(*budget))


Helper = Callable[[TraceRequest, WatchedStore], Trace | None]
"""Has another process make a trace for as long as the brake of the store lets it, and notes its progress in that store; None when
no process is ready. Raises StoreError."""
