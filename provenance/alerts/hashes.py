"""The index of alerts by the hash of their file: small documents whose state is the hash, which a store finds quickly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provenance.alerts.alert import Alert
from provenance.alerts.record import KIND as ALERT
from provenance.alerts.record import AlertRecord
from provenance.ingest.hashes import normal
from provenance.store.documents import Document, Documents, Place

KIND = "alert-hash"
_MADE, _MADE_KEY = "alert-hash-index", "made"
_BATCH = 500


def entries(alerts: Iterable[Document]) -> list[Document]:
    """The index documents of those alerts that have a hash; each has the key of its alert."""
    found = []
    for document in alerts:
        record = AlertRecord.of(document)
        hash = _named(record.alert)
        if hash is not None:
            found.append(Document(KIND, document.key, {}, hash, record.received))
    return found


def naming(documents: Documents, hash: str) -> Iterator[Document]:
    """The alerts with a hash, the earliest first. The hash is in the spelling of `provenance.ingest.hashes`."""
    make(documents)
    for batch in _pages(documents, KIND, hash):
        alerts = documents.get_many([(ALERT, entry.key) for entry in batch])
        yield from (alert for alert in alerts if alert is not None)


def make(documents: Documents) -> None:
    """Makes the index of a store that has none, for the alerts that it already holds. If it is interrupted, the next call
    makes it again."""
    if documents.get(_MADE, _MADE_KEY) is None:
        for batch in _pages(documents, ALERT, None):
            documents.add_all(entries(batch))
        documents.add(_MADE, _MADE_KEY, {})


def _pages(documents: Documents, kind: str, state: str | None) -> Iterator[Sequence[Document]]:
    place = None
    while batch := documents.page(kind, state, place, _BATCH):
        yield batch
        place = Place(batch[-1].rank, batch[-1].key)


def _named(alert: Alert) -> str | None:
    file = alert.body.get("file")
    given = file.get("sha256") if isinstance(file, dict) else None
    return normal(given) if isinstance(given, str) else None
