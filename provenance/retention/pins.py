"""Pins: entities and flows that somebody wants to keep, as documents of kind `pin` whose keys are their ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from provenance.errors import NothingFound
from provenance.ingest.identity import IdentityError, parse_id
from provenance.store.documents import Document, Documents, Place

PIN = "pin"


@dataclass(frozen=True, slots=True)
class PinRecord:
    """Why something was pinned, by whom, and when (ms)."""

    comment: str
    by: str
    time: int

    @classmethod
    def of(cls, document: Document) -> PinRecord:
        """The record that a document holds."""
        body = document.body
        return cls(str(body["comment"]), str(body["by"]), int(body["time"]))

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {"comment": self.comment, "by": self.by, "time": self.time}


def pin(documents: Documents, id: str, record: PinRecord) -> Document:
    """Pin an entity, flow, alert or incident by its id; a pin that is there gets the new record. Raises NothingFound,
    StoreError."""
    while not documents.add(PIN, id, record.to_body(), rank=record.time):
        known = documents.get(PIN, id)
        if known is not None and documents.replace(known, record.to_body()):
            break
    found = documents.get(PIN, id)
    if found is None:
        raise NothingFound(f"the pin of {id} was removed by another request")
    return found


def pinned_entities(documents: Documents) -> Iterator[int]:
    """The entities that are pinned, and the ends of the flows that are. Raises StoreError."""
    after: Place | None = None
    while page := documents.page(PIN, after=after):
        for document in page:
            for text in document.key.split("-"):
                with suppress(IdentityError):
                    yield parse_id(text)[1]
        after = Place(page[-1].rank, page[-1].key)
