"""A sample of events that were counted as already stored: a caller that has the store can check whether it holds them."""

from __future__ import annotations

_MOST = 256


class Sample:
    """Every n-th of any number of events, as (milliseconds since the epoch, serial); n doubles when there are too many."""

    __slots__ = ("_left", "_step", "stamps")

    def __init__(self) -> None:
        self.stamps: list[tuple[int, int]] = []
        self._step = 1
        self._left = 1

    def add(self, stamp: tuple[int, int]) -> None:
        """Add an event, if it is the n-th."""
        self._left -= 1
        if self._left:
            return
        self.stamps.append(stamp)
        if len(self.stamps) > _MOST:
            del self.stamps[1::2]
            self._step *= 2
        self._left = self._step
