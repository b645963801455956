"""Printed times: moments as text, in UTC unless another time zone is requested."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from provenance.ingest.clock import FIRST, LAST, ms_of, rfc3339

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES_FROM, _HOURS_FROM, _DAYS_FROM = 600, 7_200, 172_800
"""From how many seconds on a length of time is printed in a greater unit."""


def instant(moment: int) -> str:
    """A moment as machine-readable output prints it: RFC 3339, UTC, milliseconds."""
    return rfc3339(ms_of(moment))


def duration(ms: int) -> str:
    """A length of time for a reader: `12 ms`, `4.5 s`, `25 min`, `3.0 h`, `2.1 days`."""
    if ms < 1_000:
        return f"{ms} ms"
    seconds = ms / 1_000
    for limit, unit, length in ((_MINUTES_FROM, "s", 1), (_HOURS_FROM, "min", 60), (_DAYS_FROM, "h", 3_600)):
        if seconds < limit:
            return f"{seconds / length:.0f} {unit}" if unit == "min" else f"{seconds / length:.1f} {unit}"
    return f"{seconds / 86_400:.1f} days"


class Zone:
    """A time zone, and the printing of moments in it."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self._zone = zone

    def day(self, moment: int) -> str:
        """The date of a moment: `2026-11-24`."""
        return self._local(moment).strftime("%Y-%m-%d")

    def time(self, moment: int) -> str:
        """The time of day: `08:28:58.271`, always twelve columns; dashes for a moment before or after every log."""
        if moment <= FIRST or moment >= LAST:
            return "--:--:--.---"
        local = self._local(moment)
        return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"

    def stamp(self, moment: int) -> str:
        """Date, time of day and zone: `2026-11-24 08:28:58.271 UTC`."""
        if moment <= FIRST:
            return "before the log"
        if moment >= LAST:
            return "after the log"
        return f"{self.day(moment)} {self.time(moment)} {self._local(moment).tzname()}"

    def local_ms(self, ms: int) -> datetime:
        """The local time of ms since the epoch."""
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(self._zone)

    def ms_of(self, local: datetime) -> int:
        """Milliseconds since the epoch of a local time without a zone; where clocks go back, its `fold` says which of two."""
        return (local.replace(tzinfo=self._zone) - _EPOCH) // timedelta(milliseconds=1)

    def _local(self, moment: int) -> datetime:
        return self.local_ms(ms_of(moment))
