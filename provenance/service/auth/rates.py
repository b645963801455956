"""The rate limit of requests: a token bucket for each caller, which fills at a steady rate and holds a minute's requests."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_CALLERS = 10_000
"""The most callers that are remembered; a forgotten one begins with a full bucket."""


class Rates:
    """The buckets of all callers. Threads may share it."""

    def __init__(self, a_minute: int = 1200, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = float(a_minute), clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Counts a request of a caller, and returns the seconds to wait: 0 if it may be answered now."""
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(caller, (self._most, now))
            left = min(self._most, left + (now - then) * self._most / 60)
            wait = 0.0 if left >= 1 else (1 - left) * 60 / self._most
            self._left[caller] = (left - 1 if wait == 0 else left, now)
            if len(self._left) > _CALLERS:
                self._left.popitem(last=False)
        return wait
