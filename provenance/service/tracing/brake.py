"""The brake: stops work that runs in another thread."""

from __future__ import annotations

import threading
import time

from provenance.errors import OutOfTime, Stopped


class Brake:
    """Stops work in another thread after `seconds` (None for no limit) or on `stop`; the work calls `check` regularly."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Stops the work at its next check."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def left(self) -> float | None:
        """The seconds left, None without a limit."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)

    def out_of_time(self) -> OutOfTime:
        """The error of work that exceeds its time."""
        return OutOfTime(f"time limit of {self.seconds or 0:g} s for one operation exceeded: request less at once")

    def check(self) -> None:
        """Raises Stopped after `stop`, OutOfTime after the time limit."""
        if self.stopped:
            raise Stopped("the work was stopped")
        if self._end is not None and time.monotonic() > self._end:
            raise self.out_of_time()
