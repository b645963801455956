"""Results that an earlier version stored in another form: their alerts, and the traces that somebody started, go into the queue
again and are traced anew, once for each store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from provenance.alerts.record import KIND, AlertRecord, State
from provenance.service.alerts import queue
from provenance.service.tracing import started, stored_traces
from provenance.store.documents import Document, Documents, Place

_FORMER = ("trace", "started-trace-piece")
"""Kinds in which version 0 stored what traces found: a rendering that says less than the trace, and pieces of started ones."""
_DONE, _DONE_KEY = "stored-trace-form", "1"
_BATCH = 200


def retrace(documents: Documents) -> bool:
    """Put them into the queue and remove the former results; whether there were any. Broken off, it begins again. Raises
    StoreError."""
    if documents.get(_DONE, _DONE_KEY) is not None:
        return False
    some = False
    for page in _pages(documents, KIND, State.DONE.value):
        records = [AlertRecord.of(alert) for alert in page]
        heads = documents.get_many([(stored_traces.KIND, record.backtrack or "-") for record in records])
        for alert, record, head in zip(page, records, heads, strict=True):
            if head is None:
                untraced = replace(record, backtrack=None, forward=None)
                some = queue.put_back(documents, alert, again=True, record=untraced) or some
    for page in _pages(documents, started.KIND, started.State.DONE.value):
        for trace in page:
            some = started.trace_anew(documents, trace) or some
    for kind in _FORMER:
        for page in _pages(documents, kind, None):
            documents.remove_all([(kind, former.key) for former in page])
    documents.add(_DONE, _DONE_KEY, {})
    return some


def _pages(documents: Documents, kind: str, state: str | None) -> Iterator[Sequence[Document]]:
    place = None
    while batch := documents.page(kind, state, place, _BATCH):
        yield batch
        place = Place(batch[-1].rank, batch[-1].key)
