"""Garbage collection during an ingest, which creates millions of objects and hardly any reference cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 200_000, 20, 100
"""The thresholds of gc.set_threshold(). With Python's default of 700, 10, 10, a large state is scanned again and again. What
cycles there are (exceptions with their tracebacks) stay few enough between two collections."""


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """A context in which garbage collection is rare; the former thresholds are restored afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
