"""A store that fails for a while, as a server that cannot be reached or a damaged file does."""

from __future__ import annotations

from provenance.errors import StoreError, StoreUnreachable
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.interface import Store


class Faulty(WatchedStore):
    """A store of which the calls named in `failing` raise an error: the first `times` of them (None for all), or until a test
    changes `failing`."""

    def __init__(
        self, store: Store, *failing: str, kind: type[StoreError] = StoreUnreachable, times: int | None = None
    ) -> None:
        super().__init__(store, Brake(None))
        self.failing, self._kind, self._left = frozenset(failing), kind, times

    def _for_call(self, name: str) -> Store:
        if name in self.failing and self._left != 0:
            self._left = None if self._left is None else self._left - 1
            raise self._kind("the store fails")
        return super()._for_call(name)
