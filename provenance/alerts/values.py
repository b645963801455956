"""Single values of an alert: what a product wrote, in the one spelling that anchoring compares. Each raises InputError."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.clock import rfc3339
from provenance.errors import InputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGH_SURROGATE = re.compile("[\ud800-\udbff]")
_NUMBER = re.compile(r"\d{1,19}(?:\.\d{1,9})?")
_OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d(?::?\d\d)?)\Z")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_LATEST_MS = 253_402_300_799_999
_SHOWN = 60
_UNITS = ((10**11, 1_000), (10**14, 1), (10**17, 1e-3), (math.inf, 1e-6))
"""Numbers below the first are seconds, then milliseconds, microseconds, nanoseconds: the epoch of every year 1973 to 5138."""

SEVERITIES = ("low", "medium", "high", "critical")
_SEVERITY_WORDS = {
    **{name: name for name in SEVERITIES},
    **dict.fromkeys(("unknown", "debug", "info", "information", "informational", "notice", "minor"), "low"),
    **dict.fromkeys(("warning", "warn", "moderate"), "medium"),
    **dict.fromkeys(("error", "err", "major", "severe"), "high"),
    **dict.fromkeys(("alert", "emergency", "emerg", "crit", "fatal", "very-high", "very high"), "critical"),
}


def shown(value: object) -> str:
    """A value as a message quotes it: never longer than a line."""
    text = repr(value) if isinstance(value, (str, int, float, bool, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def text(value: Any) -> str:
    """A text; numbers are spelled out. Half of a surrogate pair, which no store could tell from its other half, becomes
    U+FFFD."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError(f"{shown(value)} is no text")
    found = _HIGH_SURROGATE.sub("\ufffd", str(value))
    if not found.strip():
        raise InputError("is empty")
    return found


def texts(value: Any) -> list[str]:
    """A list of texts; one text is a list of one. Doubles are left out."""
    return list(dict.fromkeys(text(item) for item in (value if isinstance(value, (list, tuple)) else [value])))


def whole(value: Any, least: int, most: int) -> int:
    """A whole number within bounds, also when it was written as text."""
    written = isinstance(value, str) and re.fullmatch(r"\s*\d{1,19}\s*", value, re.ASCII)
    number = int(value) if written or (isinstance(value, float) and value.is_integer()) else value
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise InputError(f"{shown(value)} is no whole number from {least} to {most}")
    return number


def pid(value: Any) -> int:
    """A process id."""
    return whole(value, 1, 0x7FFF_FFFF)


def port(value: Any) -> int:
    """A port."""
    return whole(value, 0, 0xFFFF)


def address(value: Any) -> str:
    """An IP address; an IPv4-mapped IPv6 address is the IPv4 one, as in the graph."""
    try:
        found = ipaddress.ip_address(value.strip() if isinstance(value, str) else "")
    except ValueError as error:
        raise InputError(f"{shown(value)} is no IP address") from error
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def sha256(value: Any) -> str:
    """A SHA-256 in lower case."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value.strip()):
        raise InputError(f"{shown(value)} is no SHA-256 in hexadecimal")
    return value.strip().lower()


def severity(value: Any) -> str:
    """One of SEVERITIES, from any word that products use for it."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _SEVERITY_WORDS:
        raise InputError(f"{shown(value)} is none of {', '.join(SEVERITIES)}")
    return _SEVERITY_WORDS[word]


def time(value: Any) -> str:
    """RFC 3339 in UTC with milliseconds, from RFC 3339 or a number since the epoch whose size tells its unit.

    A time without an offset is refused: it would mean another moment on another machine.
    """
    number = _number(value)
    if number is not None:
        per_unit = next(factor for bound, factor in _UNITS if number < bound)
        return _spelled(math.floor(number * per_unit + 1e-6), value)
    written = value.strip() if isinstance(value, str) else ""
    try:
        when = datetime.fromisoformat(written)
    except ValueError as error:
        raise InputError(f"{shown(value)} is no time: RFC 3339 or a number since the epoch") from error
    if when.tzinfo is None:
        raise InputError(f"{shown(value)} has no offset from UTC")
    return _spelled((when - _EPOCH) // timedelta(milliseconds=1), value)


def time_or_utc(value: Any) -> str:
    """As `time`, but a product's time without an offset is taken to be UTC."""
    if isinstance(value, str) and ":" in value and not _OFFSET.search(value.strip()):
        return time(f"{value.strip()}+00:00")
    return time(value)


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    return None


def _spelled(ms: int, value: Any) -> str:
    if not 0 <= ms <= _LATEST_MS:
        raise InputError(f"{shown(value)} is a time outside of the years 1970 to 9999")
    return rfc3339(ms)
