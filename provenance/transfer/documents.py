"""What the service keeps, from one store into another: what people decided and what was found, but not who may come in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from provenance.alerts import hashes, record
from provenance.store.documents import Document, Documents, Place
from provenance.transfer.pieces import Report, pieces

STAYS = frozenset(("token", "server", "incident-turn", "warm", "copy"))
"""Kinds that stay where they are: tokens would open another service to whoever holds one of this; which servers run, whose
turn it is, a test of readiness, and how far a copy came, are true of one store only."""
STAYS_TOO = "outgoing-"
"""What is to be told to others is told by one service: copied, it would be told twice."""
_PAGE = 500
_ALERTS = (record.KIND, hashes.KIND)


def copy_documents(source: Documents, target: Documents, report: Report, all_kinds: bool = False) -> int:
    """Add what the target has not, and bring up to date what nobody changed there; with `all_kinds` also what belongs to one
    store only, for a target that takes the place of the source. How many the source shows beside alerts: a server shows none
    to who may not read them. Raises StoreError."""
    kinds = source.kinds() if all_kinds else _moving(source)
    counted = {kind: sum(source.counts(kind).values()) for kind in kinds}
    found = chain.from_iterable(_all(source, kind) for kind in kinds)
    for piece in pieces(found, _PAGE, report, "documents", sum(counted.values())):
        _copy(piece, target)
    return sum(amount for kind, amount in counted.items() if kind not in _ALERTS)


def moving(source: Documents) -> Iterator[Document]:
    """Every document that belongs into another store too. Raises StoreError."""
    return chain.from_iterable(_all(source, kind) for kind in _moving(source))


def _moving(source: Documents) -> list[str]:
    return [kind for kind in source.kinds() if kind not in STAYS and not kind.startswith(STAYS_TOO)]


def _copy(documents: Sequence[Document], target: Documents) -> None:
    held = target.get_many([(one.kind, one.key) for one in documents])
    for one, there in zip(documents, held, strict=True):
        if there is not None and there.version == 1 and _content(there) != _content(one):
            target.remove(one.kind, one.key)
    target.add_all(documents)


def _content(document: Document) -> tuple[object, ...]:
    return document.body, document.state, document.rank


def _all(documents: Documents, kind: str) -> Iterator[Document]:
    after: Place | None = None
    while page := documents.page(kind, after=after, limit=_PAGE):
        yield from page
        after = Place(page[-1].rank, page[-1].key)
