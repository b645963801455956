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
from datetime import UTC, datetime

from ..headers import Header
from .text import encoded

_LINE = re.compile(
    r"(?:^|\s)(?:node=(?P<node>\S+) )?type=(?P<type>[A-Z][A-Z0-9_]*(?:\[\d+\])?) msg=audit\("
    r"(?P<date>[^)]*?)\.(?P<ms>\d{3}):(?P<serial>\d{1,10})\) ?: ?(?P<body>.*)\Z",
    re.DOTALL,
)
_DATE = re.compile(
    r"\D{0,40}?(?P<a>\d{1,4})(?P<mark>[^\d\s:]{1,4}|\. ) ?(?P<b>\d{1,2})(?:[^\d\s:]{1,4}|\. ) ?(?P<c>\d{1,4})[^\d\s:]{0,4} "
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)",
    re.ASCII,
)
_TEXTS = {
    "PATH": re.compile(r"\b(?P<name>name)=(?P<text>.*?)(?= inode=| nametype=| objtype=|$)"),
    "CWD": re.compile(r"\b(?P<name>cwd)=(?P<text>.*)$"),
    "PROCTITLE": re.compile(r"\b(?P<name>proctitle)=(?P<text>.*)$"),
    "SYSCALL": re.compile(r"\b(?P<name>comm|exe)=(?P<text>.*?)(?= exe=| subj=| key=|$)"),
}
"""Where the text of a type's fields ends (`auparse/interpret.c` writes it as it is)."""
_ARGUMENTS = re.compile(r"argc=\d{1,9} a0=(?!.* a\d+(?:_len|\[\d+\])=)", re.DOTALL)
_MONTHS = 12
_CENTURY = 2000
_BACK_S = 86_400
"""A file of ausearch goes back in time by less than a day, if at all: its events are sorted."""


class DateOrder:
    """Which of day and month comes first in the dates of one input. Only dates with slashes leave that open.

    `day_first` is None until a date decides it: a number above 12, or two dates of which one order alone goes forward.
    `contradicted` holds the first date that the order cannot be true of.
    """

    def __init__(self, day_first: bool | None = None) -> None:
        self.day_first = day_first
        self.contradicted: str | None = None
        self._before: tuple[datetime | None, datetime | None] = (None, None)

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
        """The time of a date, None for one that is none. While the order is open the month comes first, as in the locales
        C and en_US."""
        parts = _open_parts(date)
        if parts is None:
            return _plain(date)
        when = _read_parts(parts, bool(self.day_first))
        if when is None and self.contradicted is None:
            self.contradicted = date
        return when


def _goes_back(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and after is not None and (before - after).total_seconds() > _BACK_S


def _numbers(date: str) -> tuple[str, tuple[int, ...]] | None:
    match = _DATE.fullmatch(date)
    if match is None:
        return None
    return match["mark"], tuple(int(match[name]) for name in "abchms")


def _open_parts(date: str) -> tuple[int, ...] | None:
    """The numbers of a date with slashes and the year last, which is the one form whose order is open."""
    found = _numbers(date)
    return found[1] if found is not None and found[0] == "/" and found[1][0] < 100 else None


def _read_parts(parts: tuple[int, ...], day_first: bool) -> datetime | None:
    first, second, year, *time = parts
    day, month = (first, second) if day_first else (second, first)
    return _moment(year, month, day, time)


def _plain(date: str) -> datetime | None:
    """A date whose form says its order: the year first, else the day, as where dots or dashes part the numbers."""
    found = _numbers(date)
    if found is None:
        return None
    first, second, third, *time = found[1]
    if first > 31:
        return _moment(first, second, third, time)
    return _moment(third, second, first, time)


def _moment(year: int, month: int, day: int, time: list[int]) -> datetime | None:
    try:
        hour, minute, second = time
        return datetime(year + _CENTURY if year < 100 else year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def recognise(line: str) -> re.Match[str] | None:
    """An interpreted line, None for one that is none; `date` of the match is what its date is written as."""
    return _LINE.search(line) if "msg=audit(" in line else None


def read(match: re.Match[str], order: DateOrder) -> Header | None:
    """The head of an interpreted line, None when its date or serial is none."""
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
