"""Resuming a copy: the target records which parts of the source it holds, so that they are not sent again.

A part is identified by a hash of its content, in the transaction that completes it. If the source returns items in another
order, the parts differ and are sent again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from provenance.store.documents import Document, Documents, Place
from provenance.store.fingerprint import content, hash_of, ingests
from provenance.store.interface import Store

KIND = "copy"
_BEGUN = "begun"
_PAGE = 1_000


class Progress:
    """Which parts of a source are in a target. `resumed` is True when a copy of the same source into it was interrupted."""

    def __init__(self, source: Store, target: Store) -> None:
        self._documents = target.documents()
        before, current = ingests(target), ingests(source)
        begin = self._documents.get(KIND, _BEGUN)
        self._source = content(source, current)
        self.resumed = (
            begin is not None and begin.body["source"] == self._source and _is_continued(begin, before, current)
        )
        self._sent = set(_keys(self._documents)) if self.resumed else set()
        if not self.resumed:
            self.forget()
            self._documents.add(KIND, _BEGUN, {"source": self._source, "checkpoints": before})

    @staticmethod
    def name(what: str, part: Iterable[object]) -> str:
        """The name of a part: a hash of its content."""
        return hash_of((what, part))

    def has(self, name: str) -> bool:
        """Whether a part is in the target."""
        return name in self._sent

    @staticmethod
    def marks(name: str) -> tuple[Document]:
        """The documents that record that a part is in the target, to be written in the same transaction."""
        return (Document(KIND, name),)

    def forget(self) -> None:
        """Remove the records of parts: the copy is complete, or starts again."""
        forget(self._documents)


def forget(documents: Documents) -> None:
    """Make an interrupted copy start again. Called before something is removed from a store."""
    for key in _keys(documents):
        documents.remove(KIND, key)


def _keys(documents: Documents) -> list[str]:
    found: list[str] = []
    while page := documents.page(KIND, after=Place(0, found[-1]) if found else None, limit=_PAGE):
        found += [document.key for document in page]
    return found


def _is_continued(begin: Document, before: Mapping[str, str], current: Mapping[str, str]) -> bool:
    """Whether only the copy has written its hosts since it began."""
    recorded = begin.body["checkpoints"]
    return all(
        host not in before or before[host] in (recorded.get(host, hash_of(None)), name)
        for host, name in current.items()
    )
