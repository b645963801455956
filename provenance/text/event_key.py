"""The printed form of an audit event: `HOST/SECONDS.MILLISECONDS:SERIAL`, with the time and serial number of its records."""

from __future__ import annotations

import re

from provenance.errors import UsageError
from provenance.store.interface import EventKey

_PRINTED = re.compile(r"(.+)/(\d{1,12})\.(\d{3}):(\d{1,10})", re.DOTALL | re.ASCII)


def format_event(key: EventKey) -> str:
    """The printed form of an event."""
    return f"{key.host}/{key.ms // 1000}.{key.ms % 1000:03d}:{key.serial}"


def parse_event(text: str) -> EventKey:
    """The event that a printed form names. Raises UsageError."""
    match = _PRINTED.fullmatch(text)
    if match is None:
        raise UsageError(
            f"invalid event {text!r}: expected HOST/SECONDS.MILLISECONDS:SERIAL, as in web01/1795490938.267:6357"
        )
    host, seconds, ms, serial = match.groups()
    return EventKey(host, int(seconds) * 1000 + int(ms), int(serial))
