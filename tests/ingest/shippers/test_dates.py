"""The dates of `ausearch -i`: one order of day and month in a file, found from all of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provenance.ingest.pyauparse import Event, Parser


def lines(*dates: str) -> bytes:
    return "".join(
        f"----\ntype=CWD msg=audit({date}.100:{number}) : cwd=/x \n" for number, date in enumerate(dates, 900)
    ).encode()


def read(data: bytes, day_first: bool | None = None) -> tuple[list[Event], Parser]:
    parser = Parser(day_first=day_first)
    events = parser.feed(data) + parser.close()
    counts = parser.counts
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other
    return events, parser


def moment(event: Event) -> str:
    return datetime.fromtimestamp(event.ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("dates", "moments"),
    [
        (["11/12/2026 23:59:58", "11/13/2026 00:00:01"], ["2026-11-12 23:59", "2026-11-13 00:00"]),
        (["12/11/2026 23:59:58", "13/11/2026 00:00:01"], ["2026-11-12 23:59", "2026-11-13 00:00"]),
        (["12/11/26 23:59:58", "13/11/26 00:00:01"], ["2026-11-12 23:59", "2026-11-13 00:00"]),
        (["30/11/2026 23:59:58", "01/12/2026 00:00:01"], ["2026-11-30 23:59", "2026-12-01 00:00"]),
        # only one order goes forward
        (["12/11/2026 23:59:58", "01/12/2026 00:00:01"], ["2026-11-12 23:59", "2026-12-01 00:00"]),
        (["01/12/2026 23:59:58", "02/11/2026 00:00:01"], ["2026-01-12 23:59", "2026-02-11 00:00"]),
        # the form says it
        (["12.11.2026 23:59:58"], ["2026-11-12 23:59"]),
        (["12-11-26 23:59:58"], ["2026-11-12 23:59"]),
        (["2026-11-12 23:59:58"], ["2026-11-12 23:59"]),
        (["2026/11/12 23:59:58"], ["2026-11-12 23:59"]),
        (["2026年11月12日 23:59:58"], ["2026-11-12 23:59"]),
        (["2026年11月12日 星期四 23:59:58"], ["2026-11-12 23:59"]),
        (["12. 11. 2026 23:59:58"], ["2026-11-12 23:59"]),
        (["12/11-2026 23:59:58"], ["2026-11-12 23:59"]),
        (["2026.11.12. 23:59:58"], ["2026-11-12 23:59"]),
        (["པསྱི་ལོ26ཟལ11ཚེས12 23:59:58"], ["2026-11-12 23:59"]),
        # dots with the year first: most locales write the month next, ce_RU the day
        (["2026.11.12 23:59:58", "2026.11.13 00:00:01"], ["2026-11-12 23:59", "2026-11-13 00:00"]),
        (["2026.12.11 23:59:58", "2026.13.11 00:00:01"], ["2026-11-12 23:59", "2026-11-13 00:00"]),
    ],
)
def test_all_dates_of_a_file_decide_the_order(dates: list[str], moments: list[str]) -> None:
    data = lines(*dates)
    events, parser = read(data)
    assert list(map(moment, events)) == moments
    assert parser.take_odd_dates() == (None, None)
    one_by_one = Parser()
    again = [event for place in range(len(data)) for event in one_by_one.feed(data[place : place + 1])]
    assert list(map(moment, again + one_by_one.close())) == moments


@pytest.mark.parametrize(
    "date",
    [
        "30 Nov 2026",
        "30-Nov-2026",
        "Nov 30, 2026",
        "November 30 2026",
        "Mon 30 Nov 2026",
        "Monday, 30 November, 2026",  # en_PH: "%A, %d %B, %Y"
        "Monday, November 30, 2026",  # en_HK: "%A, %B %d, %Y"
    ],
)
def test_dates_with_an_english_month(date: str) -> None:
    [event], parser = read(lines(f"{date} 23:59:58"))
    assert (moment(event), parser.take_odd_dates()) == ("2026-11-30 23:59", (None, None))


def test_every_english_month() -> None:
    names = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    dates = [f"{3 + number} {name}, 2026 10:00:00" for number, name in enumerate(names)]
    dates += [f"{3 + number} {name[:3]} 2027 10:00:00" for number, name in enumerate(names)]
    events, _ = read(lines(*dates))
    assert [moment(event) for event in events] == [
        f"{year}-{number:02}-{2 + number:02} 10:00" for year in (2026, 2027) for number in range(1, 13)
    ]


@pytest.mark.parametrize(
    "date",
    [
        "30. nov. 2026",  # nb_NO: december is "des."
        "nov 30 2026",  # kl_GL: may is "maj"
        "Isn 30 Nov 2026",  # ms_MY: december is "Dis"
        "31 Nov 2026",
        "30 Nov 26",
        "30 Now 2026",
    ],
)
def test_dates_with_a_month_that_may_be_another_language_s_are_corrupt(date: str) -> None:
    """Of a file in such a language, only the months that are called as in English would be read."""
    events, parser = read(lines(f"{date} 10:00:00"))
    assert (events, parser.counts.corrupt) == ([], 1)


def test_ambiguous_dates_are_read_with_the_month_first_and_reported() -> None:
    events, parser = read(lines("11/12/2026 10:00:00", "11/12/2026 10:00:01"))
    assert [moment(event) for event in events] == ["2026-11-12 10:00", "2026-11-12 10:00"]
    assert parser.take_odd_dates() == ("11/12/2026", None)
    assert parser.take_odd_dates() == (None, None)


def test_a_date_with_dots_and_the_year_first_can_be_ambiguous() -> None:
    """glibc's mn_MN writes `%Y.%m.%d`, its ce_RU `%Y.%d.%m`."""
    [event], parser = read(lines("2026.12.11 10:00:00"))
    assert (moment(event), parser.take_odd_dates()) == ("2026-12-11 10:00", ("2026.12.11", None))
    [event], parser = read(lines("2026.12.11 10:00:00"), day_first=True)
    assert (moment(event), parser.take_odd_dates()) == ("2026-11-12 10:00", (None, None))


@pytest.mark.parametrize("dates", [("26/11/12", "26/11/13"), ("26/11/30", "26/12/1"), ("26/1/2", "26/1/5")])
def test_two_digits_of_the_year_before_slashes_are_reported(dates: tuple[str, str]) -> None:
    """glibc's ne_NP writes `%y/%-m/%-d`, which is a valid date of other locales as well."""
    data = lines(*(f"{date} 10:00:00" for date in dates))
    assert read(data)[1].take_odd_dates()[1] == f"{dates[1]} 10:00:00"
    assert read(data, day_first=True)[1].take_odd_dates()[1] is None


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        (("26/11/30", "26/11/30"), "2030-11-26"),
        (("25/11/26",), "2026-11-25"),
        (("26/11/26",), None),  # the same date in both readings
        (("11/26/26",), None),  # no month is the 26th
        (("25/11/2026",), None),
        (("25/11/26", "26/11/26"), None),
        (("25.11.26",), None),
    ],
)
def test_a_single_day_whose_year_may_come_first_is_known_as_it_was_read(dates: tuple[str, ...], expected: str) -> None:
    data = lines(*(f"{date} 10:00:00" for date in dates))
    assert read(data)[1].open_year == expected
    assert read(data, day_first=True)[1].open_year is None


@pytest.mark.parametrize("dates", [("26/11/24", "26/12/24"), ("24/12/26", "02/01/27"), ("25/11/26", "26/11/26")])
def test_days_months_and_years_that_change_are_no_contradiction(dates: tuple[str, str]) -> None:
    assert read(lines(*(f"{date} 10:00:00" for date in dates)))[1].take_odd_dates() == (None, None)


def test_a_given_order_decides() -> None:
    for day_first, expected in ((True, "2026-12-11 10:00"), (False, "2026-11-12 10:00")):
        [event], parser = read(lines("11/12/2026 10:00:00"), day_first)
        assert (moment(event), parser.take_odd_dates()) == (expected, (None, None))


def test_dates_that_contradict_each_other_are_reported() -> None:
    events, parser = read(lines("11/13/2026 10:00:00", "14/11/2026 10:00:01"))
    assert len(events) == 1 and parser.counts.corrupt == 1
    assert parser.take_odd_dates() == (None, "14/11/2026 10:00:01")


@pytest.mark.parametrize(
    "date", ["32/13/2026 10:00:00", "0/0/0 10:00:00", "13/13/2026 10:00:00", "Friday 10:00:00", ""]
)
def test_an_invalid_date_is_a_corrupt_line(date: str) -> None:
    events, parser = read(lines(date))
    assert events == [] and parser.counts.corrupt == 1


def test_lines_that_wait_for_a_date_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.ingest.pyauparse.lines._MOST_UNDATED", 10_000)
    parser = Parser()
    parser.feed(lines(*["11/12/2026 10:00:00"] * 400))
    assert len(parser._lines.pending()) <= 10_000
    assert parser.take_odd_dates()[0] == "11/12/2026"
