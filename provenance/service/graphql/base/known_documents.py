"""Documents that were parsed and found valid before: a UI sends the same few all day, and reading one costs as much as
answering it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from graphql import DocumentNode

_MOST = 256
_LONGEST = 20_000
"""Characters of a document that is kept."""


class KnownDocuments:
    """Valid documents by their text. Threads may share it; those used longest ago go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()

    def get(self, text: str | None) -> DocumentNode | None:
        """A document that is known to be valid."""
        with self._lock:
            known = self._documents.get(text or "")
            if known is not None:
                self._documents.move_to_end(text or "")
            return known

    def keep(self, text: str, document: DocumentNode) -> None:
        """Keep a valid document, unless it is a long one."""
        if len(text) > _LONGEST:
            return
        with self._lock:
            self._documents[text] = document
            while len(self._documents) > _MOST:
                self._documents.popitem(last=False)
