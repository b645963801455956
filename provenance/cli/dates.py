"""Dates with the name of a month, as `ausearch` (raw), `last`, `ls -l`, `journalctl` and `date` print them in the C locale.

`Dec 1 17:25`, `Dec  1  2025`, `Tue Dec  1 17:25:00 2026`, `Tue Dec  1 17:25:00 UTC 2026`, `1 Dec 2026 17:25`,
`Tue, 01 Dec 2026 17:25:00 +0000`, and `Tue 2026-12-01 17:25:00 UTC`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH = "|".join(_MONTHS)
_CLOCK = r"(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)"
_ZONE = r"(?P<zone>[A-Za-z]{1,6}|[+-]\d{2}:?\d{2})"
_YEAR = r"(?P<year>\d{4})"
_DAY_OF_WEEK = re.compile(rf"({'|'.join(_DAYS)})[a-z]*,?\s+(?=\S)", re.ASCII | re.IGNORECASE)
_YEARS = 4
"""How many years around the newest record are looked in for a day without a year: one of them has a 29 February."""
_FORMS = tuple(
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"(?P<month>{_MONTH})[a-z]*\s+(?P<day>\d{{1,2}})(?:\s+{_CLOCK})?(?:\s+{_ZONE})?(?:,?\s+{_YEAR})?",
        rf"(?P<day>\d{{1,2}})\s+(?P<month>{_MONTH})[a-z]*(?:\s+{_YEAR})?(?:\s+{_CLOCK}(?:\s+{_ZONE})?)?",
    )
)


class Written(NamedTuple):
    """A date that names its month: `year` is None when none is written, `clock` and `zone` are empty then."""

    year: int | None
    month: int
    day: int
    clock: str
    zone: str

    def nearest(self, newest: Callable[[], date]) -> date | None:
        """The day: without a year, the one nearest to `newest`, the day of the newest record. None when there is no such day."""
        if self.year is not None:
            return self._in(self.year)
        now = newest()
        years = range(max(now.year - _YEARS, 1), min(now.year + _YEARS, 9999) + 1)
        days = [day for year in years if (day := self._in(year)) is not None]
        return min(days, key=lambda day: abs(day - now), default=None)

    def _in(self, year: int) -> date | None:
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


def without_weekday(text: str) -> tuple[str, int | None]:
    """A text without the day of the week at its beginning, and that day: 0 is Monday, None is no such day."""
    found = _DAY_OF_WEEK.match(text)
    return (text[found.end() :], _DAYS.index(found[1].lower())) if found else (text, None)


def read_named(text: str) -> Written | None:
    """The date in a text without a day of the week at its beginning; None if it names no month."""
    for form in _FORMS:
        found = form.fullmatch(text)
        if found:
            year = int(found["year"]) if found["year"] else None
            month = _MONTHS.index(found["month"].lower()[:3]) + 1
            return Written(year, month, int(found["day"]), found["clock"] or "", found["zone"] or "")
    return None
