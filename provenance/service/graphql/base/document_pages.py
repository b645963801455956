"""Pages of documents, in the order of their ranks, with or without a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from provenance.service.graphql.base.pages import Connection, Key, check_size, page, read_cursor
from provenance.service.graphql.base.work import Work
from provenance.store.documents import Document, Documents, Place
from provenance.store.documents import check as check_names

_T = TypeVar("_T")
_BATCH = 200
Predicate = Callable[[Document], bool]
Filter = Callable[[Documents], Predicate]
"""Returns the predicate of a filter; first it reads the other documents that the predicate needs."""


async def document_page(
    work: Work,
    kind: str,
    state: str | None,
    show: Callable[[Document], _T],
    first: int,
    after: str | None,
    filter: Filter | None = None,
) -> Connection[_T]:
    """A page of the documents of a kind (and a state) that pass a filter. Raises UsageError."""
    check_size(first)
    place = _place(after)

    def read() -> Connection[_T]:
        documents = work.store.documents()
        if filter is not None:
            found = _filtered(work, documents, kind, state, place, first, filter(documents))
            return page(found, _key, show, first, after, None)
        counts = documents.counts(kind)
        total = sum(counts.values()) if state is None else counts.get(state, 0)
        return page(documents.page(kind, state, place, first + 1), _key, show, first, after, total)

    return await work.ask(read)


def _filtered(
    work: Work,
    documents: Documents,
    kind: str,
    state: str | None,
    place: Place | None,
    first: int,
    predicate: Predicate,
) -> list[Document]:
    """The documents of a page that pass the predicate, and those of the next up to the end of the batch. Raises OutOfTime."""
    found: list[Document] = []
    while len(found) <= first and (batch := documents.page(kind, state, place, _BATCH)):
        work.brake.check()
        found += [document for document in batch if predicate(document)]
        place = Place(batch[-1].rank, batch[-1].key)
    return found


def _place(after: str | None) -> Place | None:
    key = read_cursor(after, (int, str))
    if key is None:
        return None
    place = Place(int(key[0]), str(key[1]))
    check_names(place.key, rank=place.rank)
    return place


def _key(document: Document) -> Key:
    return document.rank, document.key
