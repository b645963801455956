"""What stops work that runs in another thread."""

from __future__ import annotations

import threading
import time

from provenance.errors import OutOfTime, Stopped


class Brake:
    """Stops work that runs in another thread: when its time is up (`seconds`, None for no limit), or on `stop`."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Nobody waits for the work any longer."""
        self._stopped.set()

    def left(self) -> float | None:
        """Seconds that are left, None without a limit."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)

    def out_of_time(self) -> OutOfTime:
        """The error of work whose time is up."""
        return OutOfTime(f"the time of one operation, {self.seconds or 0:g} s, is up: ask for less at once")

    def check(self) -> None:
        """Raise OutOfTime or Stopped when the work is to end."""
        if self._stopped.is_set():
            raise Stopped("the work was stopped")
        if self._end is not None and time.monotonic() > self._end:
            raise self.out_of_time()
