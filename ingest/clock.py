"""The order of events on one host, as one integer per event.

A record's time is the syscall's entry in 4 ms ticks and can go back; its serial is given at exit and orders the events
(kernel/auditsc.c, `auditsc_get_stamp`). A *moment* holds both: the running maximum of the record times in milliseconds,
shifted left by `RANK_BITS`, plus a rank that makes moments of one host strictly increasing in serial order. Moments are
plain integers because a float can hold neither. Moments of two hosts compare only after `shift`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

RANK_BITS = 20
"""Space for a million events in one millisecond; more of them continue in the next millisecond."""

FIRST = 0
"""Before every moment of every log."""
LAST = (1 << 62) - 1
"""After every moment of every log."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Assigns each event of one host its moment. Events come in serial order; `now` is the last moment assigned."""

    __slots__ = ("now",)

    def __init__(self, now: int = FIRST) -> None:
        self.now = now

    def tick(self, ms: int) -> int:
        """The moment of the next event, whose record time is `ms` milliseconds since the epoch."""
        moment = ms << RANK_BITS
        if moment <= self.now:
            moment = self.now + 1
        self.now = moment
        return moment


def at_ms(ms: int) -> int:
    """The first moment of a millisecond; FIRST or LAST for a time before or after every log."""
    return min(max(ms << RANK_BITS, FIRST), LAST)


def end_of_ms(ms: int) -> int:
    """The last moment of a millisecond; FIRST or LAST for a time before or after every log."""
    return min(max(((ms + 1) << RANK_BITS) - 1, FIRST), LAST)


def ms_of(moment: int) -> int:
    """Milliseconds since the epoch of a moment."""
    return moment >> RANK_BITS


def shift(moment: int, ms: int) -> int:
    """The moment `ms` milliseconds later (earlier when negative), kept between FIRST and LAST."""
    return min(max(moment + (ms << RANK_BITS), FIRST), LAST)


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 in UTC with milliseconds, the form every output uses."""
    seconds, rest = divmod(ms, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=16_384)
def _second(seconds: int) -> str:
    """A whole second. Most times of a trace share theirs with others, and formatting one costs more than the rest of an edge."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
