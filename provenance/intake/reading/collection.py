"""How often Python looks for objects that only refer to each other, while an ingest makes millions that do not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG, _MIDDLE, _OLD = 100_000, 20, 100
"""Objects made before the young are looked through; how many such rounds before the next generation is. With Python's
own 700, 10, 10 a large state that holds hardly any such objects is walked over and over."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for cycles rarely inside the `with`; as before it afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
    try:
        yield
    finally:
        gc.set_threshold(*before)
