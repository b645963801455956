"""A store in which a walk backwards and a hunt never end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from provenance.errors import Stopped
from provenance.ingest.clock import LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.hunts import LIMIT_S, Hunt, HuntResult, Stop, never
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

    def hunt(
        self,
        hunt: Hunt,
        parameters: Mapping[str, int],
        limit: int | None = None,
        seconds: float = LIMIT_S,
        stop: Stop = never,
    ) -> HuntResult:
        while not stop():
            self.given += 1
            time.sleep(0.01)
        raise Stopped("the hunt was stopped")
