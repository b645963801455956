"""The cache of valid GraphQL documents: a UI sends the same few all day, and parsing one costs as much as answering it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from graphql import DocumentNode

_MOST = 256
_LONGEST = 20_000
"""The most characters of a cached document."""


class KnownDocuments:
    """Valid documents by their text. Threads may share it. The least recently used documents are removed first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()

    def get(self, text: str | None) -> DocumentNode | None:
        """The valid document with a text, None if it is not in the cache."""
        with self._lock:
            known = self._documents.get(text or "")
            if known is not None:
                self._documents.move_to_end(text or "")
            return known

    def add(self, text: str, document: DocumentNode) -> None:
        """Adds a valid document, unless its text is too long."""
        if len(text) > _LONGEST:
            return
        with self._lock:
            self._documents[text] = document
            while len(self._documents) > _MOST:
                self._documents.popitem(last=False)
