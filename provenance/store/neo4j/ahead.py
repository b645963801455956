"""What of a batch is made ready while the server is busy with another part of it, as it answers each statement before it is
sent the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from provenance.ingest.facts import Batch, Flow
from provenance.store.interface import Lines
from provenance.store.neo4j import entities, flows, records, witness

T = TypeVar("T")


class Ahead:
    """The parts of a batch, made by a thread in the order in which they are written. Each is waited for when it is asked
    for, and raises then what is wrong with it: `result` of `beside` UsageError as `records.beside` does."""

    def __init__(self, thread: ThreadPoolExecutor, batch: Batch, settled: Sequence[Flow], mode: Lines) -> None:
        self.names = thread.submit(_all, entities.names_in_pieces, batch.names)
        self.settled = thread.submit(flows.settled, settled)
        self.lists = thread.submit(_all, witness.pack, settled)
        self.beside = thread.submit(_all, records.beside, batch, mode)


def _all(made_by: Callable[..., Iterable[T]], *given: Any) -> list[T]:
    return list(made_by(*given))
