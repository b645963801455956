"""Doing something beside other work, every so often until that ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def every(seconds: float, act: Callable[[], bool]) -> Iterator[None]:
    """Act every so often while the context lasts, or until `act` is false."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(seconds) and act():
            pass

    thread = threading.Thread(target=tell, name="telling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
