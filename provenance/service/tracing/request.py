"""The request of a trace: its direction, start and budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from provenance.investigation.selecting import StartSelection, starts_of
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import Direction, Store
from provenance.trace.result import Trace
from provenance.trace.slice.budget import MOST_STEPS, Budget
from provenance.trace.trace import merged


class TraceRequest(NamedTuple):
    """A request of a trace: the start as entities with their bounds, the requested moment, the budget, and the most steps of
    the story (None: every step)."""

    direction: Direction
    start: Mapping[int, int]
    at: int | None
    budget: Budget
    steps: int | None = MOST_STEPS

    @property
    def key(self) -> str:
        """The key under which its trace is stored; equal requests have the same key."""
        other_steps = () if self.steps == MOST_STEPS else (self.steps,)
        text = repr((self.direction.value, sorted(self.start.items()), self.at, self.budget, *other_steps))
        return f"r{blake2b(text.encode('ascii'), digest_size=16).hexdigest()}"

    def as_json(self) -> list[Any]:
        """The request as JSON values, which `request_from_json` reads."""
        nodes, edges, depth = self.budget.nodes, self.budget.edges, self.budget.depth
        return [self.direction.value, list(map(list, self.start.items())), self.at, [nodes, edges, depth], self.steps]


def request_of(
    store: Store,
    direction: Direction,
    selected: StartSelection,
    when_ms: int | None,
    budget: Budget,
    steps: int | None = MOST_STEPS,
) -> TraceRequest:
    """The request of a trace from all matches of a selection. Raises Ambiguous, NothingFound, UsageError, StoreError."""
    starts, moment = starts_of(store, selected, direction, when_ms)
    return TraceRequest(direction, merged(starts, direction), moment, budget, steps)


def request_from_json(body: list[Any]) -> TraceRequest:
    """The request in the JSON values of `TraceRequest.as_json`."""
    direction, start, at, budget, steps = body
    return TraceRequest(Direction(direction), dict(start), at, Budget(*budget), steps)


Helper = Callable[[TraceRequest, WatchedStore], Trace | None]
"""Has another process compute a trace until the brake of the store stops it, and notes its progress in that store. None if no
process is ready. Raises StoreError."""
