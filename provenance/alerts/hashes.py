"""The index of alerts by the hash of their file: small documents whose state is the hash, which a store finds quickly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provenance.alerts.alert import Alert
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.ingest.hashes import normal
from provenance.store.documents import Document, Documents, Place

KIND = "alert-hash"
_MARKER, _MARKER_KEY = "alert-hash-index", "made"
_BATCH = 500


def index_documents(alerts: Iterable[Document]) -> list[Document]:
    """The index documents of those alerts that have a hash; each has the key of its alert."""
    found = []
    for document in alerts:
        record = AlertRecord.of(document)
        hash = _hash_of(record.alert)
        if hash is not None:
            found.append(Document(KIND, document.key, {}, hash, record.received))
    return found


def alerts_with_hash(documents: Documents, hash: str) -> Iterator[Document]:
    """The alerts with a hash, the earliest first. The hash is in the spelling of `provenance.ingest.hashes`."""
    build_index(documents)
    for batch in _pages(documents, KIND, hash):
        alerts = documents.get_many([(ALERT, entry.key) for entry in batch])
        yield from (alert for alert in alerts if alert is not None)


def build_index(documents: Documents) -> None:
    """Builds the index of a store that has none, for the alerts that it already holds. If it is interrupted, the next call
    builds it again."""
    if documents.get(_MARKER, _MARKER_KEY) is None:
        for batch in _pages(documents, ALERT, None):
            documents.add_all(index_documents(batch))
        documents.add(_MARKER, _MARKER_KEY, {})


def _pages(documents: Documents, kind: str, state: str | None) -> Iterator[Sequence[Document]]:
    place = None
    while batch := documents.page(kind, state, place, _BATCH):
        yield batch
        place = Place(batch[-1].rank, batch[-1].key)


def _hash_of(alert: Alert) -> str | None:
    value = alert.fields.file.sha256
    return None if value is None else normal(value)
