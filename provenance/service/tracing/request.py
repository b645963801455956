"""A trace that another process makes for the one that was asked, which then only puts it together: an eighth of the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from provenance.store.interface import Direction
from provenance.trace.budget import Budget
from provenance.trace.result import Trace

if TYPE_CHECKING:
    from provenance.service.tracing.watched import WatchedStore


class Wanted(NamedTuple):
    """A trace: from where (entities with their bounds), the moment that was asked for, and how far."""

    direction: Direction
    start: Mapping[int, int]
    at: int | None
    budget: Budget

    def written(self) -> list[Any]:
        """As JSON."""
        nodes, edges, depth = self.budget.nodes, self.budget.edges, self.budget.depth
        return [self.direction.value, list(map(list, self.start.items())), self.at, [nodes, edges, depth]]


def read(written: list[Any]) -> Wanted:
    """What `written` gave."""
    direction, start, at, budget = written
    return Wanted(Direction(direction), dict(start), at, Budget(*budget))


Elsewhere = Callable[[Wanted, "WatchedStore"], Trace | None]
"""Has a trace made as long as the brake of the store lets it, which hears how far it is; None when nobody is there to do it.
Raises StoreError."""
