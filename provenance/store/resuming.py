"""How far a copy came, kept in its target: what is there already is not sent again.

A piece is written down by what it holds, in the transaction that completes it. What a source gives in another order is other
pieces: those are sent twice, which changes nothing.
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
    """What of a source is in a target. `resumed` says that a copy of just this source into it was broken off."""

    def __init__(self, source: Store, target: Store) -> None:
        self._documents = target.documents()
        before, now = ingests(target), ingests(source)
        begun = self._documents.get(KIND, _BEGUN)
        self._source = content(source, now)
        self.resumed = begun is not None and begun.body["source"] == self._source and _goes_on(begun, before, now)
        self._sent = set(_keys(self._documents)) if self.resumed else set()
        if not self.resumed:
            self.forget()
            self._documents.add(KIND, _BEGUN, {"source": self._source, "checkpoints": before})

    @staticmethod
    def name(what: str, piece: Iterable[object]) -> str:
        """A piece by what it holds."""
        return hash_of((what, piece))

    def has(self, name: str) -> bool:
        """Whether a piece is in the target."""
        return name in self._sent

    @staticmethod
    def marks(name: str) -> tuple[Document]:
        """What says that a piece is in the target, to be kept together with it."""
        return (Document(KIND, name),)

    def forget(self) -> None:
        """The copy is whole, or begins anew."""
        forget(self._documents)


def forget(documents: Documents) -> None:
    """No copy that was broken off is gone on with: whoever removes something from a store says so before."""
    for key in _keys(documents):
        documents.remove(KIND, key)


def _keys(documents: Documents) -> list[str]:
    found: list[str] = []
    while page := documents.page(KIND, after=Place(0, found[-1]) if found else None, limit=_PAGE):
        found += [document.key for document in page]
    return found


def _goes_on(begun: Document, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether nothing but the copy has written of its hosts since."""
    then = begun.body["checkpoints"]
    return all(
        host not in before or before[host] in (then.get(host, hash_of(None)), name) for host, name in now.items()
    )
