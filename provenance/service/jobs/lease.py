"""The lease of a document in a durable queue: its owner, the number of attempts, and its end.

A queue is a kind of documents. An owner takes a document that is in the `free` state; it stays in the `leased` state until the
owner ends the lease or gives the document back. Each step replaces one version of the document, so that of two owners who take
the same document only one succeeds. The lease of a dead owner is found in one of three ways: the owner is known to be dead
(`leased_documents` lists all, with `Lease.owner`), its time is over (`until`), or its document has not changed for long
(`ChangeTimer`). Times come from the caller: a lease reads no clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provenance.store.documents import Document, Documents, Place

_OWNER, _ATTEMPTS = "owner", "attempts"
_PAGE = 8


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a document: its owner (None while it is free), and the number of attempts since work on it last ended."""

    owner: str | None = None
    attempts: int = 0

    @classmethod
    def of(cls, document: Document) -> Lease:
        """The lease that the body of a document holds, beside its record."""
        owner = document.body.get(_OWNER)
        return cls(None if owner is None else str(owner), int(document.body.get(_ATTEMPTS, 0)))

    def added_to(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with this lease in place of its former one."""
        rest = {name: value for name, value in body.items() if name not in (_OWNER, _ATTEMPTS)}
        return rest | ({} if self.owner is None else {_OWNER: self.owner}) | {_ATTEMPTS: self.attempts}


@dataclass(frozen=True, slots=True)
class LeasePolicy:
    """The states of a queue, and the most attempts at a document by owners that died over it."""

    free: str
    leased: str
    attempts: int = 1

    def take(self, documents: Documents, kind: str, owner: str) -> Document | None:
        """Takes the first free document of a kind, by rank; None if no document is free. Raises StoreError."""
        while page := documents.page(kind, self.free, limit=_PAGE):
            for document in page:
                if (leased := self.take_document(documents, document, owner)) is not None:
                    return leased
        return None

    def take_due(self, documents: Documents, kind: str, owner: str, now: int, until: int) -> Document | None:
        """Takes a document whose rank, a time, has passed (rank <= `now`): a free document that is due, or a leased one whose
        lease is over. The new lease ends at `until`, which becomes the rank. None if no document is due. Raises StoreError."""
        for state in (self.free, self.leased):
            for document in documents.page(kind, state, limit=_PAGE):
                if document.rank > now:
                    break
                if (leased := self.take_document(documents, document, owner, until)) is not None:
                    return leased
        return None

    def take_document(
        self, documents: Documents, document: Document, owner: str, until: int | None = None
    ) -> Document | None:
        """Takes a document in the version that was read; None if it was changed meanwhile. Raises StoreError."""
        body = Lease(owner, Lease.of(document).attempts + 1).added_to(document.body)
        return _replace(documents, document, body, self.leased, until)

    def renew(self, documents: Documents, leased: Document, body: Mapping[str, Any]) -> Document | None:
        """Writes a new body into a leased document and keeps the lease; None if the lease was lost. Raises StoreError."""
        return _replace(documents, leased, Lease.of(leased).added_to(body))

    def give_back(
        self, documents: Documents, document: Document, body: Mapping[str, Any], rank: int, counted: bool = True
    ) -> bool:
        """Frees a document and keeps the number of attempts, less the last one unless it is `counted`. False if the document was
        changed meanwhile. Raises StoreError."""
        attempts = Lease.of(document).attempts
        attempts = attempts if counted else max(attempts - 1, 0)
        return documents.replace(document, Lease(None, attempts).added_to(body), self.free, rank)

    def is_exhausted(self, document: Document) -> bool:
        """Whether a document has had all its attempts, so that it must not be given back."""
        return Lease.of(document).attempts >= self.attempts

    def leased_documents(self, documents: Documents, kind: str) -> Iterator[Document]:
        """The leased documents of a kind. Raises StoreError."""
        after: Place | None = None
        while page := documents.page(kind, self.leased, after):
            yield from page
            after = Place(page[-1].rank, page[-1].key)


def end(documents: Documents, leased: Document, body: Mapping[str, Any], state: str, rank: int | None = None) -> bool:
    """Ends a lease after the work on a document, and resets its attempts. False, and nothing is written, if the lease was lost
    meanwhile. Raises StoreError."""
    return documents.replace(leased, Lease().added_to(body), state, rank)


class ChangeTimer:
    """Measures how long documents have not changed, by the observer's own clock: clocks of two machines are never compared."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def seconds(self, document: Document) -> float:
        """How long a document has been seen unchanged; 0 when it is seen first."""
        now, key = self._clock(), (document.kind, document.key)
        version, since = self._seen.get(key, (0, now))
        if version != document.version:
            since = now
        self._seen[key] = document.version, since
        return now - since


def _replace(
    documents: Documents, document: Document, body: Mapping[str, Any], state: str | None = None, rank: int | None = None
) -> Document | None:
    if not documents.replace(document, body, state, rank):
        return None
    state = document.state if state is None else state
    rank = document.rank if rank is None else rank
    return replace(document, body=body, state=state, rank=rank, version=document.version + 1)
