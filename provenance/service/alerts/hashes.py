"""Which alerts name a file by which hash: small documents whose state is the hash, so that a store finds them by its index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from provenance.ingest.hashes import normal
from provenance.store.documents import Document, Documents, Place

KIND = "alert-hash"
_MADE, _MADE_KEY = "alert-hash-index", "made"
_BATCH = 500


def entries(alerts: Iterable[Document]) -> list[Document]:
    """The documents that lead to those alerts that name a hash; each has the key of its alert."""
    found = []
    for alert in alerts:
        hash = _named(alert.body["alert"]["body"])
        if hash is not None:
            found.append(Document(KIND, alert.key, {}, hash, int(alert.body["received"])))
    return found


def naming(documents: Documents, kind: str, hash: str) -> Iterator[Document]:
    """The alerts, documents of a kind, that name a hash in its one form, the earliest first."""
    make(documents, kind)
    for batch in _pages(documents, KIND, hash):
        alerts = documents.get_many([(kind, entry.key) for entry in batch])
        yield from (alert for alert in alerts if alert is not None)


def make(documents: Documents, kind: str) -> None:
    """Once for each store: make these documents for the alerts that it holds from before there were any. Broken off, it
    begins again."""
    if documents.get(_MADE, _MADE_KEY) is None:
        for batch in _pages(documents, kind, None):
            documents.add_all(entries(batch))
        documents.add(_MADE, _MADE_KEY, {})


def _pages(documents: Documents, kind: str, state: str | None) -> Iterator[Sequence[Document]]:
    place = None
    while batch := documents.page(kind, state, place, _BATCH):
        yield batch
        place = Place(batch[-1].rank, batch[-1].key)


def _named(body: Mapping[str, Any]) -> str | None:
    file = body.get("file")
    given = file.get("sha256") if isinstance(file, dict) else None
    return normal(given) if isinstance(given, str) else None
