"""The cache of stories: what was rendered is kept, and one story is rendered at a time, so that requests for many cannot take
the processor from everybody else."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

_MOST_CHARACTERS = 4_000_000


class RecentTexts:
    """Texts by what they were rendered from. Threads may share it. The least recently used ones are removed first."""

    def __init__(self, most_characters: int = _MOST_CHARACTERS) -> None:
        self._most = most_characters
        self._size = 0
        self._lock, self._rendering = threading.Lock(), threading.Lock()
        self._texts: OrderedDict[Hashable, str] = OrderedDict()

    def get(self, key: Hashable, render: Callable[[], str]) -> str:
        """The text of a key, rendered if it is not in the cache. Raises the errors of `render`."""
        found = self._known(key)
        if found is not None:
            return found
        with self._rendering:
            found = self._known(key)
            if found is None:
                found = render()
                self._add(key, found)
            return found

    def _known(self, key: Hashable) -> str | None:
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
            return self._texts.get(key)

    def _add(self, key: Hashable, text: str) -> None:
        with self._lock:
            self._texts[key] = text
            self._size += len(text)
            while self._size > self._most:
                self._size -= len(self._texts.popitem(last=False)[1])
