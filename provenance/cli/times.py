"""Parsers of the times and time zones that a user types."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from provenance.errors import UsageError
from provenance.text.times import Zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"\d{1,11}(?:\.\d{1,9})?", re.ASCII)


def parse_time(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 time or of seconds with a fraction, cut to the millisecond.

    A time without an offset is rejected: it would mean another moment on a machine in another time zone. Raises
    UsageError.
    """
    if _SECONDS.fullmatch(text):
        seconds, _, fraction = text.partition(".")
        return int(seconds) * 1000 + int(fraction[:3].ljust(3, "0"))
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise UsageError(
            f"invalid time {text!r}: expected RFC 3339 with an offset, as in 2026-11-24T03:28:58.271Z, or seconds since "
            "the epoch, as in 1795490938.271"
        )
    return (when - _EPOCH) // timedelta(milliseconds=1)


def parse_zone(text: str) -> Zone:
    """A time zone by its name in the time zone database, for example `Europe/Zurich`. Raises UsageError.

    `UTC` works where no database is installed.
    """
    if text == "UTC":
        return Zone()
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return Zone(ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"invalid time zone {text!r}: expected a name such as Europe/Zurich or UTC") from error
