"""Pages of documents, in the order of their ranks, all of a kind or those that somebody asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from provenance.service.graphql.base.pages import Connection, Key, checked, page, read_cursor
from provenance.service.graphql.base.work import Work
from provenance.store.documents import Document, Documents, Place
from provenance.store.documents import check as check_names

_T = TypeVar("_T")
_BATCH = 200
Wanted = Callable[[Document], bool]
Choice = Callable[[Documents], Wanted]
"""Reads what it takes to say which documents are wanted."""


async def document_page(
    work: Work,
    kind: str,
    state: str | None,
    show: Callable[[Document], _T],
    first: int,
    after: str | None,
    choice: Choice | None = None,
) -> Connection[_T]:
    """A page of the documents of a kind, in a state, that are wanted. Raises UsageError."""
    checked(first)
    place = _place(after)

    def read() -> Connection[_T]:
        documents = work.store.documents()
        if choice is not None:
            return page(
                _wanted(work, documents, kind, state, place, first, choice(documents)), _key, show, first, after, None
            )
        counts = documents.counts(kind)
        total = sum(counts.values()) if state is None else counts.get(state, 0)
        return page(documents.page(kind, state, place, first + 1), _key, show, first, after, total)

    return await work.ask(read)


def _wanted(
    work: Work, documents: Documents, kind: str, state: str | None, place: Place | None, first: int, wanted: Wanted
) -> list[Document]:
    """One more than a page holds, as far as there are so many; reads on until the operation's time is up."""
    found: list[Document] = []
    while len(found) <= first and (batch := documents.page(kind, state, place, _BATCH)):
        work.brake.check()
        found += [document for document in batch if wanted(document)]
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
