"""Single values of an alert: what a product wrote, in the one spelling that anchoring compares. Each raises InputError."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from provenance.errors import InputError
from provenance.ingest.clock import rfc3339

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGH_SURROGATE = re.compile("[\ud800-\udbff]")
_NUMBER = re.compile(r"\d{1,19}(?:\.\d{1,9})?")
_OFFSET = re.compile(r"(?:[zZ]|UTC|GMT|\d[+-]\d\d(?::?\d\d)?| [+-]\d\d:?\d\d)\Z")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDED = re.compile(
    rf"(?P<month>{'|'.join(_MONTHS)}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}) (?P<clock>\d\d:\d\d:\d\d(?:\.\d{{1,9}})?)"
    r" ?(?P<zone>UTC|GMT|Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.ASCII,
)
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_EVENT = re.compile(r"\d{1,11}\.\d{3}:\d{1,10}", re.ASCII)
_LATEST_MS = (datetime(2109, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1) - 1
"""Moments of logs go on to May 2109: a time that is compared with them, give or take some minutes, is one of them."""
_SHOWN = 60
_LONGEST_NAME, _MOST_TEXTS = 1_000, 100
_UNITS = ((10**11, Decimal(1000)), (10**14, Decimal(1)), (10**17, Decimal("1e-3")), (10**20, Decimal("1e-6")))
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


def name(value: Any) -> str:
    """A text that names something, and is shown in lists and reasons."""
    found = text(value)
    if len(found) > _LONGEST_NAME:
        raise InputError(f"has {len(found):,} characters, {_LONGEST_NAME:,} are possible")
    return found


def title(value: Any) -> str:
    """A text for a person, who reads the beginning of one that is too long."""
    found = text(value)
    return found if len(found) <= _LONGEST_NAME else f"{found[: _LONGEST_NAME - 1]}…"


def names(value: Any) -> list[str]:
    """A list of names; one name is a list of one. Doubles are left out."""
    found = list(dict.fromkeys(name(item) for item in (value if isinstance(value, (list, tuple)) else [value])))
    if len(found) > _MOST_TEXTS:
        raise InputError(f"{len(found):,} of them, {_MOST_TEXTS} are possible")
    return found


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


def event(value: Any) -> str:
    """An audit event as `SECONDS.MS:SERIAL`, as audit records name it."""
    if not isinstance(value, str) or not _EVENT.fullmatch(value):
        raise InputError(f"{shown(value)} is no audit event as in 1795490938.271:4711")
    return value


def time(value: Any) -> str:
    """RFC 3339 in UTC with milliseconds, from RFC 3339 or a number since the epoch whose size tells its unit.

    A time without an offset is refused: it would mean another moment on another machine.
    """
    number = _number(value)
    if number is not None:
        per_unit = next((factor for bound, factor in _UNITS if number < bound), None)
        return _spelled(-1 if per_unit is None else math.floor(number * per_unit), value)
    when = _date(value.strip() if isinstance(value, str) else "")
    if when is None:
        raise InputError(f"{shown(value)} is no time: RFC 3339 or a number since the epoch")
    if when.tzinfo is None:
        raise InputError(f"{shown(value)} has no offset from UTC")
    return _spelled((when - _EPOCH) // timedelta(milliseconds=1), value)


def lacks_offset(value: Any) -> bool:
    """Whether a value is a date and time of day without an offset from UTC."""
    return isinstance(value, str) and ":" in value and _OFFSET.search(value.strip()) is None


def _date(written: str) -> datetime | None:
    """RFC 3339, or `Nov 24 2026 03:28:58.271` with an offset or UTC behind it, as CEF and LEEF write."""
    words = _WORDED.fullmatch(written)
    if words:
        month = _MONTHS.index(words["month"].lower()) + 1
        zone = "+00:00" if words["zone"] in ("UTC", "GMT", "Z") else words["zone"] or ""
        written = f"{words['year']}-{month:02}-{int(words['day']):02}T{words['clock']}{zone}"
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return Decimal(repr(value))
    return None


def _spelled(ms: int, value: Any) -> str:
    if not 0 <= ms <= _LATEST_MS:
        raise InputError(f"{shown(value)} is a time outside of the years 1970 to 2108")
    return rfc3339(ms)
