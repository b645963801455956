"""The lease under every durable queue: who works on a document, how often that was tried, and until when it counts.

A queue is a kind of documents. Those in its `free` state may be taken by an owner, who has them in its `taken` state until it
ends the lease or gives the document back; each step is one change by version, so of two who take the same document one gets
it. A lease whose owner died is found in one of three ways: its owner is known to be dead (`leased` lists all, `Lease.owner`
says whose each is), its time is over (`until`, for owners whom nobody watches), or its document has not changed for long
(`Unchanged`). Time is always the caller's: a lease reads no clock.
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
    """The lease of a document: its owner, None while it is free, and how often it was taken since work on it last ended."""

    owner: str | None = None
    attempts: int = 0

    @classmethod
    def of(cls, document: Document) -> Lease:
        """The lease that a document carries in its body, beside its record."""
        owner = document.body.get(_OWNER)
        return cls(None if owner is None else str(owner), int(document.body.get(_ATTEMPTS, 0)))

    def within(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A body that carries this lease instead of its former one."""
        rest = {name: value for name, value in body.items() if name not in (_OWNER, _ATTEMPTS)}
        return rest | ({} if self.owner is None else {_OWNER: self.owner}) | {_ATTEMPTS: self.attempts}


@dataclass(frozen=True, slots=True)
class Leasing:
    """The states of a queue, and how often a document is taken by owners who do not end their work before nobody tries again."""

    free: str
    taken: str
    attempts: int = 1

    def take(self, documents: Documents, kind: str, owner: str) -> Document | None:
        """Take the first free document of a kind, by rank. None when none is free. Raises StoreError."""
        while page := documents.page(kind, self.free, limit=_PAGE):
            for document in page:
                if (taken := self.take_this(documents, document, owner)) is not None:
                    return taken
        return None

    def take_due(self, documents: Documents, kind: str, owner: str, now: int, until: int) -> Document | None:
        """Take a document whose rank is a time that has come (rank <= `now`): when it is free, it is due; when it is taken, its
        lease is over. It is leased until `until`, which becomes its rank. None when nothing is due. Raises StoreError."""
        for state in (self.free, self.taken):
            for document in documents.page(kind, state, limit=_PAGE):
                if document.rank > now:
                    break
                if (taken := self.take_this(documents, document, owner, until)) is not None:
                    return taken
        return None

    def take_this(
        self, documents: Documents, document: Document, owner: str, until: int | None = None
    ) -> Document | None:
        """Take a document as it was seen: None when somebody changed it meanwhile. Raises StoreError."""
        body = Lease(owner, Lease.of(document).attempts + 1).within(document.body)
        return _changed(documents, document, body, self.taken, until)

    def renew(self, documents: Documents, taken: Document, body: Mapping[str, Any]) -> Document | None:
        """Write into a document that was taken, whose lease goes on: None when it was taken away. Raises StoreError."""
        return _changed(documents, taken, Lease.of(taken).within(body))

    def give_back(
        self, documents: Documents, document: Document, body: Mapping[str, Any], rank: int, counted: bool = True
    ) -> bool:
        """Make a document free again, with its attempts; the last does not count when it was not `counted`. False when it was
        changed meanwhile. Raises StoreError."""
        attempts = Lease.of(document).attempts
        attempts = attempts if counted else max(attempts - 1, 0)
        return documents.replace(document, Lease(None, attempts).within(body), self.free, rank)

    def is_exhausted(self, document: Document) -> bool:
        """Whether a document was taken so often that it is not to be given back."""
        return Lease.of(document).attempts >= self.attempts

    def leased(self, documents: Documents, kind: str) -> Iterator[Document]:
        """The documents of a kind that are taken. Raises StoreError."""
        after: Place | None = None
        while page := documents.page(kind, self.taken, after):
            yield from page
            after = Place(page[-1].rank, page[-1].key)


def end(documents: Documents, taken: Document, body: Mapping[str, Any], state: str, rank: int | None = None) -> bool:
    """End a lease: work on the document has come to an end, whatever it was, and the next time begins with no attempts. False,
    and nothing is written, when it was taken away meanwhile. Raises StoreError."""
    return documents.replace(taken, Lease().within(body), state, rank)


class Unchanged:
    """Watches documents for how long they stay as they are, by the clock of whoever looks: clocks of two machines are never
    compared."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def seconds(self, document: Document) -> float:
        """For how long a document is known to be as it is; 0 at the first look."""
        now, key = self._clock(), (document.kind, document.key)
        version, since = self._seen.get(key, (0, now))
        if version != document.version:
            since = now
        self._seen[key] = document.version, since
        return now - since


def _changed(
    documents: Documents, document: Document, body: Mapping[str, Any], state: str | None = None, rank: int | None = None
) -> Document | None:
    if not documents.replace(document, body, state, rank):
        return None
    state = document.state if state is None else state
    rank = document.rank if rank is None else rank
    return replace(document, body=body, state=state, rank=rank, version=document.version + 1)
