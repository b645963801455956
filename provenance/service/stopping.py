"""The end of a stop: a service ends within a time that the settings give, whatever its threads wait for."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

_LOG = logging.getLogger("provenance.service")
_SPARE_S = 1.0


class StopDeadline:
    """Ends the process when a stop takes too long. Nothing is lost: what was answered is on the disk, and traces that did not
    end go back into the queue when a server starts again."""

    def __init__(self, stop_s: float, end_s: float, kill_helpers: Callable[[], None]) -> None:
        self._stop_s, self._end_s, self._kill_helpers = stop_s, end_s, kill_helpers
        self._begun = threading.Lock()

    @property
    def answers_s(self) -> int:
        """How long a stop waits for open answers, before it waits up to `stop_s` for traces."""
        return max(1, int(self._stop_s) // 2)

    @property
    def seconds(self) -> float:
        """How long a stop takes at most."""
        return max(self._end_s, self.answers_s + self._stop_s + _SPARE_S)

    def begin(self) -> None:
        """Starts the clock, at the first of several calls. A signal handler may call it."""
        if self._begun.acquire(blocking=False):
            timer = threading.Timer(self.seconds, self._end)
            timer.daemon = True
            timer.start()

    def _end(self) -> None:
        _LOG.warning("the stop was forced: work did not end in time", extra={"seconds": self.seconds})
        logging.shutdown()
        self._kill_helpers()
        os._exit(0)
