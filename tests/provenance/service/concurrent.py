"""Documents that another server changes between the reading and the writing of the code under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provenance.store.documents import Documents


class ConcurrentlyChanged:
    """The documents of a store. Another server acts just before the next calls of one method."""

    def __init__(self, documents: Documents, method: str, act: Callable[[], object], times: int = 1) -> None:
        self._documents, self._method, self._act, self._left = documents, method, act, times

    def __getattr__(self, name: str) -> Any:
        if name == self._method and self._left:
            self._left -= 1
            self._act()
        return getattr(self._documents, name)
