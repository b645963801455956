"""A store in which a walk backwards never ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import Direction, Store


class Endless(WatchedStore):
    """Gives connections that are too late to count, which spend no budget, as long as a client listens."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, Brake(None))
        self.given = 0

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        target = next(iter(frontier))
        while True:
            self.given += 1
            yield Flow(FlowKind.REACHED, target, target, LAST, LAST, 1, b"")
