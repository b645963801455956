"""Copies the documents of a service into another store: decisions and results, but no tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from provenance.alerts import hashes, record
from provenance.store import hosts
from provenance.store.documents import Document, Documents, Place
from provenance.transfer.chunks import Report, in_chunks

NOT_COPIED = frozenset(("token", "server", "incident-turn", "warm", "copy"))
"""Kinds that are not copied: tokens would give access to another service; running servers, the holder of the incident turn, the
readiness test and the progress of a copy concern one store only."""
NOT_COPIED_PREFIX = "outgoing-"
"""Kinds of outgoing messages, which one service sends: a copy would send them twice."""
_DERIVED = frozenset((hosts.FOUND,))
"""Kinds that follow from the graph: a store that replaces another one has its own."""
_NOT_OF_A_SERVICE = (record.KIND, hashes.KIND, hosts.GIVEN, hosts.FOUND)
"""Kinds of which a store holds documents although no service has run on it."""
_PAGE = 500


def copy_documents(source: Documents, target: Documents, report: Report, all_kinds: bool = False) -> int:
    """Add missing documents, and update those that were not changed in the target; with `all_kinds` also the documents that
    concern one store only, for a target that replaces the source. The number of documents in the source other than alerts
    and what is known of hosts (0 if its server denies reading them). Raises StoreError."""
    kinds = [kind for kind in source.kinds() if kind not in _DERIVED] if all_kinds else _copied_kinds(source)
    counted = {kind: sum(source.counts(kind).values()) for kind in kinds}
    found = chain.from_iterable(_all(source, kind) for kind in kinds)
    for chunk in in_chunks(found, _PAGE, report, "documents", sum(counted.values())):
        _copy(chunk, target)
    return sum(amount for kind, amount in counted.items() if kind not in _NOT_OF_A_SERVICE)


def copied_documents(source: Documents) -> Iterator[Document]:
    """Every document that is copied into another store. Raises StoreError."""
    return chain.from_iterable(_all(source, kind) for kind in _copied_kinds(source))


def _copied_kinds(source: Documents) -> list[str]:
    return [kind for kind in source.kinds() if kind not in NOT_COPIED and not kind.startswith(NOT_COPIED_PREFIX)]


def _copy(documents: Sequence[Document], target: Documents) -> None:
    existing_documents = target.get_many([(one.kind, one.key) for one in documents])
    for one, existing in zip(documents, existing_documents, strict=True):
        if existing is not None and existing.version == 1 and _content(existing) != _content(one):
            target.remove(one.kind, one.key)
    target.add_all(documents)


def _content(document: Document) -> tuple[object, ...]:
    return document.body, document.state, document.rank


def _all(documents: Documents, kind: str) -> Iterator[Document]:
    after: Place | None = None
    while page := documents.page(kind, after=after, limit=_PAGE):
        yield from page
        after = Place(page[-1].rank, page[-1].key)
