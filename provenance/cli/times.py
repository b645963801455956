"""Parsers of the times and time zones that a user types.

A time is read when the option is, and becomes a moment when the store is open: `17:25`, `yesterday` and `2h ago` are relative
to the newest record of the store, never to the clock of the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from provenance.cli.dates import read_named, without_weekday
from provenance.errors import UsageError
from provenance.text.times import Zone

Newest = Callable[[], int]
"""The time of the newest record of the store, in ms since the epoch."""
Time = Callable[[Zone, Newest], int]
"""A time as it was typed: with the time zone and the newest record it gives ms since the epoch. Raises UsageError."""

HELP = (
    "a time as this program prints it, RFC 3339, seconds since the epoch, 17:25, yesterday 17:25 or 2h ago; the last three"
    " are relative to the newest record in the store"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECONDS = re.compile(r"\d{1,11}(?:\.\d{1,9})?", re.ASCII)
_AGO = re.compile(r"((?:\d{1,9}\s*[a-z]+\s*)+)ago", re.ASCII | re.IGNORECASE)
_AMOUNT = re.compile(r"(\d{1,9})\s*([a-z]+)", re.ASCII | re.IGNORECASE)
_UNITS = {
    name: seconds
    for names, seconds in (
        ("s sec secs second seconds", 1),
        ("m min mins minute minutes", 60),
        ("h hr hrs hour hours", 3600),
        ("d day days", 86_400),
        ("w week weeks", 604_800),
    )
    for name in names.split()
}
_DAYS = {"today": 0, "yesterday": 1}
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NAMED_ZONE = re.compile(r"(.*\d)\s+([A-Za-z]{1,6}|[+-]\d{2}(?::?\d{2})?)", re.ASCII)
_FORMS = (
    "expected a time as this program prints it, RFC 3339 as in 2026-11-24T03:28:58.271Z, seconds since the epoch,"
    " 17:25, yesterday 17:25, or 2h ago"
)
_LOCALTIME = Path("/etc/localtime")
_LONGEST = 100


def read_time(text: str) -> Time:
    """The time that a text means, as soon as zone and store are known. A time without an offset is one of the zone. Raises
    UsageError for a text in no known form."""
    words = text.strip().casefold()
    if len(words) > _LONGEST:
        raise _invalid(text)
    if _SECONDS.fullmatch(words):
        return _fixed(_milliseconds(words))
    if words == "now":
        return lambda zone, newest: newest()
    if (ago := _AGO.fullmatch(words)) is not None:
        return _before_newest(1000 * _amount(text, ago[1]))
    day, _, clock = words.partition(" ")
    if day in _DAYS:
        return _on_day(_DAYS[day], _time_of_day(text, clock.strip()) if clock.strip() else time())
    if _CLOCK.fullmatch(words):
        return _on_day(0, _time_of_day(text, words))
    return _date_of_week(text)


def parse_time(text: str, zone: Zone | None = None) -> int:
    """Milliseconds since the epoch of a time that needs no store, cut to the millisecond. Raises UsageError."""

    def unknown() -> int:
        raise _invalid(text)

    return read_time(text)(zone or Zone(), unknown)


def _fixed(ms: int) -> Time:
    return lambda zone, newest: ms


def _before_newest(ms: int) -> Time:
    return lambda zone, newest: max(newest() - ms, 0)


def _on_day(days: int, clock: time) -> Time:
    """A time of day, `days` days before that of the newest record."""

    def resolve(zone: Zone, newest: Newest) -> int:
        day = zone.local_ms(newest()).date() - days * _DAY
        return zone.ms_of(datetime.combine(day, clock))

    return resolve


def _milliseconds(seconds: str) -> int:
    integer, _, fraction = seconds.partition(".")
    return int(integer) * 1000 + int(fraction[:3].ljust(3, "0"))


def _amount(text: str, amounts: str) -> int:
    """Seconds of `1h 30m`."""
    total = 0
    for number, unit in _AMOUNT.findall(amounts):
        if unit not in _UNITS:
            raise UsageError(f"invalid time '{text}': {unit} is no unit; the units are s, m, h, d and w")
        total += int(number) * _UNITS[unit]
    return total


def _time_of_day(text: str, clock: str) -> time:
    hour, _, rest = clock.partition(":")
    try:
        return time.fromisoformat(f"{hour.zfill(2)}:{rest}")
    except ValueError as error:
        raise _invalid(text) from error


def _date(text: str) -> Time:
    """A date with or without a time of day and a zone: RFC 3339, or as printed with the short name of the zone."""
    named = _NAMED_ZONE.fullmatch(text.strip())
    written, name = (named[1], named[2]) if named else (text.strip(), "")
    if name.upper() in ("UTC", "Z") or name[:1] in ("+", "-"):
        written, name = f"{written}{'Z' if name[0] not in '+-' else name}", ""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        raise _invalid(text) from None
    if when.tzinfo is not None:
        if name:
            raise _invalid(text)
        return _fixed((when - _EPOCH) // timedelta(milliseconds=1))
    return lambda zone, newest: _in_zone(text, when, name, zone)


def _date_of_week(text: str) -> Time:
    """A date, with or without its day of the week, which must be the right one; its month can have a name."""
    written, weekday = without_weekday(text.strip())
    named = read_named(written)
    if named is None:
        when = _date(written)
        _check_weekday(text, date.fromisoformat(written[:10]) if _ISO_DAY.match(written) else None, weekday)
        return when
    clock = _time_of_day(text, named.clock) if named.clock else time()

    def resolve(zone: Zone, newest: Newest) -> int:
        day = named.nearest(lambda: zone.local_ms(newest()).date())
        if day is None:
            raise _invalid(text)
        _check_weekday(text, day, weekday)
        return _date(f"{day} {clock} {named.zone}".strip())(zone, newest)

    if named.year is not None and not named.zone:
        resolve(Zone(), lambda: 0)
    return resolve


def _check_weekday(text: str, day: date | None, weekday: int | None) -> None:
    if day is not None and weekday not in (None, day.weekday()):
        raise UsageError(f"invalid time '{text[:_LONGEST]}': {day} is another day of the week")


def _in_zone(text: str, when: datetime, name: str, zone: Zone) -> int:
    """A local time; `name` is the printed short name of the zone, which tells two equal times apart when clocks go back."""
    if not name:
        return zone.ms_of(when)
    for fold in (0, 1):
        ms = zone.ms_of(when.replace(fold=fold))
        if zone.local_ms(ms).tzname() == name:
            return ms
    raise UsageError(
        f"invalid time '{text}': the zone of --timezone is not called {name} at that time; give it by a name such as"
        " Europe/Zurich"
    )


def _invalid(text: str) -> UsageError:
    return UsageError(f"invalid time '{text[:_LONGEST]}': {_FORMS}")


def parse_zone(text: str) -> Zone:
    """A time zone by its name in the time zone database, for example `Europe/Zurich`; `local` is that of the machine. Raises
    UsageError.

    `UTC` works where no database is installed.
    """
    if text.upper() == "UTC":
        return Zone()
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return _local() if text == "local" else Zone(ZoneInfo(text))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"invalid time zone '{text}': expected a name such as Europe/Zurich, UTC or local") from error


def _local() -> Zone:
    """The machine's zone: that of the environment variable TZ (tzset(3)), else that of /etc/localtime (localtime(5)), else
    UTC."""
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        return Zone(ZoneInfo(name))
    if not _LOCALTIME.exists():
        return Zone()
    with _LOCALTIME.open("rb") as file:
        return Zone(ZoneInfo.from_file(file))
