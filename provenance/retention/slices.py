"""The slices that explain an alert or a pinned entity, which retention must keep."""

from __future__ import annotations

from collections.abc import Iterator

from provenance.store.interface import Direction, Store
from provenance.trace.limits.address_owners import address_owners
from provenance.trace.result import Slice
from provenance.trace.slice.anchor import Selection, anchors
from provenance.trace.slice.budget import DEFAULT, Budget
from provenance.trace.slice.walk import walk
from provenance.trace.trace import merged
from provenance.trace.way_in.arrivals import start_of_arrivals
from provenance.trace.way_in.entries import entries


def slices(store: Store, selection: Selection, budget: Budget = DEFAULT) -> Iterator[Slice]:
    """The slices of a selection: backward from every match, forward from the way in found so, and forward from every match.
    Raises NothingFound when nothing matches, UsageError."""
    effect = merged(anchors(store, selection, Direction.BACKWARD), Direction.BACKWARD)
    backward = walk(store, Direction.BACKWARD, effect, None, budget)
    yield backward
    ways = entries(backward, address_owners(store))
    if ways:
        yield walk(store, Direction.FORWARD, start_of_arrivals(backward, ways), None, budget)
    cause = merged(anchors(store, selection, Direction.FORWARD), Direction.FORWARD)
    yield walk(store, Direction.FORWARD, cause, None, budget)
