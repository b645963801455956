"""The migration of results that an earlier version stored in another form: their alerts and started traces go into the queue
again and are traced again, once for each store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from provenance.alerts.record import KIND, AlertRecord, State
from provenance.service.alerts import queue
from provenance.service.tracing import started_traces, stored_traces
from provenance.store.documents import Document, Documents, Place

_FORMER_KINDS = ("trace", "started-trace-piece")
"""The kinds in which version 0 stored results: a rendering, which holds less than the trace, and parts of started traces."""
_DONE, _DONE_KEY = "stored-trace-form", "1"
_BATCH = 200


def retrace(documents: Documents) -> bool:
    """Puts them into the queue and removes the former results; whether anything was put there. After an interruption it begins
    again. Raises StoreError."""
    if documents.get(_DONE, _DONE_KEY) is not None:
        return False
    queued = False
    for page in _pages(documents, KIND, State.DONE.value):
        records = [AlertRecord.of(alert) for alert in page]
        heads = documents.get_many([(stored_traces.KIND, record.backtrack or "-") for record in records])
        for alert, record, head in zip(page, records, heads, strict=True):
            if head is None:
                untraced = replace(record, backtrack=None, forward=None)
                queued = queue.put_back(documents, alert, again=True, record=untraced) or queued
    for page in _pages(documents, started_traces.KIND, started_traces.State.DONE.value):
        for trace in page:
            queued = started_traces.queue_if_lost(documents, trace) or queued
    for kind in _FORMER_KINDS:
        for page in _pages(documents, kind, None):
            documents.remove_all([(kind, former.key) for former in page])
    documents.add(_DONE, _DONE_KEY, {})
    return queued


def _pages(documents: Documents, kind: str, state: str | None) -> Iterator[Sequence[Document]]:
    place = None
    while batch := documents.page(kind, state, place, _BATCH):
        yield batch
        place = Place(batch[-1].rank, batch[-1].key)
