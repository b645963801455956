"""Prepared batches: a thread prepares the next parts of a batch while the server works on the one before, because the server
answers each statement before it gets the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from provenance.ingest.facts import Batch, Flow
from provenance.store.interface import Lines
from provenance.store.neo4j import entities, flows, records, witness

T = TypeVar("T")


class PreparedBatch:
    """The parts of a batch, prepared by a thread in the order in which they are written. Reading a part waits for it and raises
    its error: `records` raises UsageError as `records.record_statements` does."""

    def __init__(self, thread: ThreadPoolExecutor, batch: Batch, settled: Sequence[Flow], mode: Lines) -> None:
        self.names = thread.submit(_list, entities.name_chunks, batch.names)
        self.settled = thread.submit(flows.prepare_settled, settled)
        self.witnesses = thread.submit(_list, witness.pack, settled)
        self.records = thread.submit(_list, records.record_statements, batch, mode)


def _list(generate: Callable[..., Iterable[T]], *arguments: Any) -> list[T]:
    return list(generate(*arguments))
