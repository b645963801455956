"""An answer from one state of a store: read in a snapshot, or, where a store has none, read again when the store was written
meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from provenance.store.fingerprint import fingerprint
from provenance.store.interface import Store

T = TypeVar("T")
_TRIES = 3


def from_one_state(store: Store, read: Callable[[], T]) -> tuple[T, bool]:
    """What `read` returns, and whether new data overtook it each time: it may then hold a part of that data. Raises what `read`
    raises."""
    if store.has_snapshots:
        with store.snapshot():
            return read(), False
    before = fingerprint(store.hosts())
    for _ in range(_TRIES):
        result = read()
        after = fingerprint(store.hosts())
        if after == before:
            return result, False
        before = after
    return result, True
