"""Parsers of the single values of an alert: each takes what a product wrote and returns one normal spelling, or raises
InputError."""

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
"""The latest time of an alert. Moments in the graph end in May 2109; a time of an alert, plus some minutes, must be one."""
_SHOWN = 60
_LONGEST_NAME, _MOST_TEXTS = 1_000, 100
_UNITS = ((10**11, Decimal(1000)), (10**14, Decimal(1)), (10**17, Decimal("1e-3")), (10**20, Decimal("1e-6")))
"""The unit of a time given as a number, by its size: seconds, milliseconds, microseconds or nanoseconds since the epoch; right
for every year from 1973 to 5138."""

SEVERITIES = ("low", "medium", "high", "critical")
_SEVERITY_WORDS = {
    **{name: name for name in SEVERITIES},
    **dict.fromkeys(("unknown", "debug", "info", "information", "informational", "notice", "minor"), "low"),
    **dict.fromkeys(("warning", "warn", "moderate"), "medium"),
    **dict.fromkeys(("error", "err", "major", "severe"), "high"),
    **dict.fromkeys(("alert", "emergency", "emerg", "crit", "fatal", "very-high", "very high"), "critical"),
}


def quoted(value: object) -> str:
    """A value as an error message quotes it, cut to 60 characters."""
    text = repr(value) if isinstance(value, (str, int, float, bool, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def text(value: Any) -> str:
    """A text; numbers become text. A lone high surrogate becomes U+FFFD: stores could not tell it from half of a pair."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError(f"{quoted(value)} is not a text")
    found = _HIGH_SURROGATE.sub("\ufffd", str(value))
    if not found.strip():
        raise InputError("empty text")
    return found


def name(value: Any) -> str:
    """A name: a text of at most 1,000 characters."""
    found = text(value)
    if len(found) > _LONGEST_NAME:
        raise InputError(f"too long: {len(found):,} characters, at most {_LONGEST_NAME:,} are allowed")
    return found


def title(value: Any) -> str:
    """A title: a text, cut to 1,000 characters."""
    found = text(value)
    return found if len(found) <= _LONGEST_NAME else f"{found[: _LONGEST_NAME - 1]}…"


def names(value: Any) -> list[str]:
    """A list of names without duplicates; a single name becomes a list of one."""
    found = list(dict.fromkeys(name(item) for item in (value if isinstance(value, (list, tuple)) else [value])))
    if len(found) > _MOST_TEXTS:
        raise InputError(f"too many: {len(found):,} names, at most {_MOST_TEXTS} are allowed")
    return found


def integer(value: Any, least: int, most: int) -> int:
    """A whole number from `least` to `most`, also when it is written as text."""
    is_digits = isinstance(value, str) and re.fullmatch(r"\s*\d{1,19}\s*", value, re.ASCII)
    number = int(value) if is_digits or (isinstance(value, float) and value.is_integer()) else value
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
        raise InputError(f"{quoted(value)} is not a whole number from {least} to {most}")
    return number


def pid(value: Any) -> int:
    """A process id."""
    return integer(value, 1, 0x7FFF_FFFF)


def port(value: Any) -> int:
    """A port."""
    return integer(value, 0, 0xFFFF)


def address(value: Any) -> str:
    """An IP address; an IPv4-mapped IPv6 address becomes the IPv4 address, as in the graph."""
    try:
        found = ipaddress.ip_address(value.strip() if isinstance(value, str) else "")
    except ValueError as error:
        raise InputError(f"{quoted(value)} is not an IP address") from error
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def sha256(value: Any) -> str:
    """A SHA-256 in lower case."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value.strip()):
        raise InputError(f"{quoted(value)} is not a SHA-256 in hexadecimal")
    return value.strip().lower()


def severity(value: Any) -> str:
    """One of SEVERITIES, from the words that products use."""
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _SEVERITY_WORDS:
        raise InputError(f"{quoted(value)} is not one of {', '.join(SEVERITIES)}")
    return _SEVERITY_WORDS[word]


def event(value: Any) -> str:
    """An audit event as `SECONDS.MS:SERIAL`, as audit records name it."""
    if not isinstance(value, str) or not _EVENT.fullmatch(value):
        raise InputError(f"{quoted(value)} is not an audit event, as in 1795490938.271:4711")
    return value


def time(value: Any) -> str:
    """A time as RFC 3339 in UTC with milliseconds, from RFC 3339 or from a number since the epoch, whose size gives its unit.

    A time without an offset is rejected: it would mean another moment on a machine in another time zone.
    """
    number = _number(value)
    if number is not None:
        per_unit = next((factor for bound, factor in _UNITS if number < bound), None)
        return _spelled(-1 if per_unit is None else math.floor(number * per_unit), value)
    when = _date(value.strip() if isinstance(value, str) else "")
    if when is None:
        raise InputError(f"{quoted(value)} is not a time: expected RFC 3339 or a number since the epoch")
    if when.tzinfo is None:
        raise InputError(f"{quoted(value)} has no offset from UTC")
    return _spelled((when - _EPOCH) // timedelta(milliseconds=1), value)


def lacks_offset(value: Any) -> bool:
    """Whether a value is a date and time of day without an offset from UTC."""
    return isinstance(value, str) and ":" in value and _OFFSET.search(value.strip()) is None


def _date(text: str) -> datetime | None:
    """A date from RFC 3339, or from `Nov 24 2026 03:28:58.271` followed by an offset or UTC, as CEF and LEEF write it."""
    words = _WORDED.fullmatch(text)
    if words:
        month = _MONTHS.index(words["month"].lower()) + 1
        zone = "+00:00" if words["zone"] in ("UTC", "GMT", "Z") else words["zone"] or ""
        text = f"{words['year']}-{month:02}-{int(words['day']):02}T{words['clock']}{zone}"
    try:
        return datetime.fromisoformat(text)
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
        raise InputError(f"{quoted(value)} is not in the years 1970 to 2108")
    return rfc3339(ms)
