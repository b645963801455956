"""Resuming a copy: the target records which parts of the source it holds, so that they are not sent again.

A part is identified by a hash of its content, in the transaction that completes it. If the source returns items in another
order, the parts differ and are sent again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from provenance.store.documents import Document, Documents, Place
from provenance.store.fingerprint import content, hash_of, ingests
from provenance.store.interface import Store

KIND = "copy"
_BEGUN = "begun"
_PAGE = 1_000


class _Begin(NamedTuple):
    """The record of the beginning of a copy: what the source held, and where each host of the target then was."""

    source: str
    checkpoints: Mapping[str, str]

    @classmethod
    def of(cls, document: Document) -> _Begin:
        """The record that a document holds."""
        return cls(str(document.body["source"]), document.body["checkpoints"])

    def to_body(self) -> dict[str, Any]:
        """The body of its document."""
        return {"source": self.source, "checkpoints": dict(self.checkpoints)}


class Progress:
    """Which parts of a source are in a target. `resumed` is True when a copy of the same source into it was interrupted."""

    def __init__(self, source: Store, target: Store) -> None:
        self._documents = target.documents()
        before, current = ingests(target), ingests(source)
        found = self._documents.get(KIND, _BEGUN)
        self._source = content(source, current)
        self.resumed = found is not None and _is_continued(_Begin.of(found), _Begin(self._source, before), current)
        self._sent = set(_keys(self._documents)) if self.resumed else set()
        if not self.resumed:
            self.forget()
            self._documents.add(KIND, _BEGUN, _Begin(self._source, before).to_body())

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


def _is_continued(begin: _Begin, now: _Begin, current: Mapping[str, str]) -> bool:
    """Whether the source is the same as when the copy began, and only the copy has written its hosts since. `now` is what a copy
    that begins now would record."""
    before = now.checkpoints
    return begin.source == now.source and all(
        host not in before or before[host] in (begin.checkpoints.get(host, hash_of(None)), name)
        for host, name in current.items()
    )
