"""`ausearch -i` and `aureport`: dates in words, ` : ` before the fields, values interpreted.

The date has no zone; ausearch writes local time of the machine it ran on. It is read as UTC, which a fleet's machines
mostly keep, and a caller who knows better shifts it. Its form is that of the locale (`%x` of strftime): which of day and
month comes first is the same in a whole file, and found from all of it (`DateOrder`).

Text stands there without quotes, whatever is in it: `name=6749` is no hexadecimal, and `a2=import os` one argument. What
follows a text in a record of its type says where it ends; a text that holds the same words is cut there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ..headers import Header
from .text import encoded

_LINE = re.compile(
    r"(?:^|\s)(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?) msg=audit\("
    r"(?P<date>[^)]*?)\.(?P<ms>\d{3}):(?P<serial>\d{1,10})\) ?: ?(?P<body>.*)\Z",
    re.DOTALL,
)
_DATE = re.compile(
    r"\D{0,40}?(?P<a>\d{1,4})(?P<mark>[^\d\s:]{1,4}|\. ) ?(?P<b>\d{1,2})(?P<next>[^\d\s:]{1,4}|\. ) ?(?P<c>\d{1,4})"
    r"(?P<end>[^\d\s:]{0,4}) (?:[^\d\s:]{1,20} )?"
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)",
    re.ASCII,
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = {name: number for number, month in enumerate(_MONTHS, 1) for name in (month, month[:3])}
_WEEKDAY = r"(?:Sun|Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?)(?:day)?,? "
_NAMED = re.compile(
    rf"(?:{_WEEKDAY})?(?:(?P<day>\d{{1,2}})[ -](?P<month>[A-Z][a-z]{{2,8}})|(?P<month_>[A-Z][a-z]{{2,8}}) (?P<day_>\d{{1,2}}))"
    r"(?:,? |-)(?P<year>\d{4}) (?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)",
    re.ASCII,
)
"""Dates with English names as the locales en_PH (`Monday, 30 November, 2026`) and en_HK (`Monday, November 30, 2026`) write them.
Other languages share some names (`30. nov. 2026` in nb_NO, `Isn 30 Nov 2026` in ms_MY), but have dots, small letters or days of
the week of their own. None of their dates is read: a file of which only some months are read would look complete."""
_TEXTS = {
    "PATH": re.compile(r"\b(?P<name>name)=(?P<text>.*?)(?= inode=| nametype=| objtype=|$)"),
    "CWD": re.compile(r"\b(?P<name>cwd)=(?P<text>.*)$"),
    "PROCTITLE": re.compile(r"\b(?P<name>proctitle)=(?P<text>.*)$"),
    "SYSCALL": re.compile(r"\b(?P<name>comm|exe)=(?P<text>.*?)(?= exe=| subj=| key=|$)"),
}
"""Where the text of a type's fields ends (`auparse/interpret.c` writes it as it is)."""
_ARGUMENTS = re.compile(r"argc=\d{1,9} a0=(?!.* a\d+(?:_len|\[\d+\])=)", re.DOTALL)
_CENTURY = 2000
_YEAR_DAYS, _FEW_DAYS = 300, 32
"""No events that follow each other in a file are so many days apart, and the gaps of most logs are shorter than that."""
_BACK_S = 86_400
"""A file of ausearch goes back in time by less than a day, if at all: its events are sorted."""


class DateOrder:
    """Which of day and month comes first in the dates of one input. Dates with slashes leave that open, and those with dots and
    the year first (`2026.12.11`, which is December in most locales and November in Chechen, ce_RU).

    `day_first` is None until a date decides it: a number above 12, or two dates of which one order alone goes forward.
    `contradicted` holds the first date that the order cannot be true of.
    """

    def __init__(self, day_first: bool | None = None) -> None:
        self.day_first = day_first
        self.contradicted: str | None = None
        self._given = day_first is not None
        self._latest: tuple[tuple[int, ...], datetime] | None = None
        self._before: tuple[datetime | None, datetime | None] = (None, None)
        self._day: tuple[int, ...] | None = None
        self._days = 0

    @property
    def open_year(self) -> str | None:
        """The date of an input whose dates are all of one day and can be read with the year first as well, as it was read
        (`2030-11-26` for `26/11/30`); None for any other input. One more day shows which of the two it is."""
        if self._given or self.day_first is None or self._days != 1 or self._day is None or self._day[2] >= 100:
            return None
        when = _read_parts((*self._day, 0, 0, 0), self.day_first)
        other = _read_year_first((*self._day, 0, 0, 0))
        return when.strftime("%Y-%m-%d") if when is not None and other is not None and other != when else None

    def learn(self, date: str) -> bool:
        """Take one more date; whether it can be read now, which one that nobody can ever read counts as."""
        parts = _open_parts(date)
        if self.day_first is not None or parts is None:
            return True
        now = _read_parts(parts, False), _read_parts(parts, True)
        month_first, day_first = now
        if (month_first is None) != (day_first is None):
            self.day_first = month_first is None
        elif month_first is not None:
            back = [_goes_back(before, after) for before, after in zip(self._before, now, strict=True)]
            if back[0] != back[1]:
                self.day_first = back[0]
            self._before = now
        return self.day_first is not None or month_first is None

    def read(self, date: str) -> datetime | None:
        """The time of a date, None for an invalid one. While the order is open the month comes first, as in the locales
        C and en_US."""
        parts = _open_parts(date)
        if parts is None:
            return _plain(date)
        if parts[:3] != self._day:
            self._day = parts[:3]
            self._days += 1
        when = _read_parts(parts, bool(self.day_first))
        if (when is None or self._leaps(parts, when)) and self.contradicted is None:
            self.contradicted = date
        return when

    def _leaps(self, parts: tuple[int, ...], when: datetime) -> bool:
        """Whether a date is about a year or more after the one before it, and a few days if the year came first
        (`26/11/30`, `26/12/1` in Nepali, ne_NP). No order of day and month is right for such dates."""
        before, self._latest = self._latest, (parts, when)
        if before is None or self._given or parts[2] >= 100:
            return False
        former, now = _read_year_first(before[0]), _read_year_first(parts)
        if former is None or now is None or abs((when - before[1]).days) < _YEAR_DAYS:
            return False
        return timedelta() <= now - former < timedelta(days=_FEW_DAYS)


def _goes_back(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and after is not None and (before - after).total_seconds() > _BACK_S


class _Written(NamedTuple):
    """The numbers of a date and its time, in their order in the text, and the marks between and behind those of the date."""

    numbers: tuple[int, ...]
    marks: tuple[str, str, str]


def _written(date: str) -> _Written | None:
    match = _DATE.fullmatch(date)
    if match is None:
        return None
    numbers = tuple(int(match[name]) for name in "abchms")
    return _Written(numbers, (match["mark"], match["next"], match["end"]))


def _open_parts(date: str) -> tuple[int, ...] | None:
    """The numbers of a date whose order of day and month is open, with the year behind them; None for any other date."""
    found = _written(date)
    if found is None:
        return None
    first, second, third, *time = found.numbers
    if found.marks[:2] == ("/", "/") and first < 100:
        return found.numbers
    if found.marks == (".", ".", "") and first >= 100:
        return (second, third, first, *time)
    return None


def _read_parts(parts: tuple[int, ...], day_first: bool) -> datetime | None:
    first, second, year, *time = parts
    day, month = (first, second) if day_first else (second, first)
    return _moment(year, month, day, time)


def _read_year_first(parts: tuple[int, ...]) -> datetime | None:
    year, month, day, *time = parts
    return _moment(year, month, day, time)


def _plain(date: str) -> datetime | None:
    """A date whose form says its order: the year first when it has four digits or words stand between the numbers
    (`2026年11月12日`, Tibetan `ལོ26ཟལ11ཚེས12`), else the day, as where dots or dashes part them."""
    found = _written(date)
    if found is None:
        return _named(date)
    first, second, third, *time = found.numbers
    if first > 31 or found.marks[0][0].isalpha():
        return _moment(first, second, third, time)
    return _moment(third, second, first, time)


def _named(date: str) -> datetime | None:
    """A date with an English name of its month."""
    match = _NAMED.fullmatch(date)
    month = _MONTH.get(match["month"] or match["month_"]) if match is not None else None
    if match is None or month is None:
        return None
    return _moment(int(match["year"]), month, int(match["day"] or match["day_"]), [int(match[part]) for part in "hms"])


def _moment(year: int, month: int, day: int, time: list[int]) -> datetime | None:
    try:
        hour, minute, second = time
        return datetime(year + _CENTURY if year < 100 else year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def recognise(line: str) -> re.Match[str] | None:
    """The match of an interpreted line, None for any other line; its group `date` is the date as written."""
    return _LINE.search(line) if "msg=audit(" in line else None


def read(match: re.Match[str], order: DateOrder) -> Header | None:
    """The head of an interpreted line, None when its date or serial is invalid."""
    when = order.read(match["date"])
    if when is None or int(match["serial"]) > 0xFFFFFFFF:
        return None
    ms = int(when.timestamp()) * 1000 + int(match["ms"])
    body = _quoted(match["type"], match["body"].rstrip(" "))
    return Header(match["node"], match["type"], ms, int(match["serial"]), body)


def _quoted(type: str, body: str) -> str:
    """A body with its text as the kernel would have written it."""
    if type == "EXECVE" and _ARGUMENTS.match(body):
        return " ".join(_arguments(body))
    texts = _TEXTS.get(type)
    if texts is None:
        return body
    return texts.sub(lambda found: f"{found['name']}={_text(found['text'])}", body)


def _arguments(body: str) -> Iterator[str]:
    """`argc=3` and the arguments: each ends where the one of the next number begins, the last with the record."""
    count, _, rest = body.partition(" a0=")
    yield count
    last = int(count.removeprefix("argc=")) - 1
    for place in range(last + 1):
        text, found, after = rest.partition(f" a{place + 1}=") if place < last else (rest, "", "")
        yield f"a{place}={_text(text)}"
        if not found:
            return
        rest = after


def _text(text: str) -> str:
    return text if text in ("(null)", "?", "") or text.startswith('"') else encoded(text)
