"""The parsed fields of a line depend on the line alone, not on patterns learned from earlier lines.

Each case has a record type of its own, which nothing was learned for yet: its first reading is the tokenizer's, the one after
ordinary events of the same shape is a learned pattern's.
"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.pyauparse import Event, Parser

FIELDS = {
    "first": 'a={} exe="/a" key=(null)',
    "middle": 'uid=0 comm={} exe="/a"',
    "last": 'uid=0 exe="/a" key={}',
    "quoted": 'uid=0 comm="{}" exe="/a"',
    "interpreted": 'uid=0\x1dARCH={} UID="root"',
    "interpreted last": "uid=0\x1dARCH=x86_64 UID={}",
    "interpreted quoted": 'uid=0\x1dARCH=x86_64 UID="{}"',
}
VALUES = [
    *("a,", "a)", "a,)", "(a)", "(a),", "(a", "a(b)", ",", ")", "(", "", "a,b", "a=b", "=a", "=/usr/bin", "0OUID=root"),
    *('"q', 'q"', "'x'", "'x", "a'", "{a}", "{a b}", "{", "a b", "old auid=1", "user pid=5", "x UID=0", 'x UID="y'),
    *("\t", "a\tb", "a\x0bb", "a\x0cb", "a\x1db", "a\x1fb", "a\r", "\r", "é", "a\x85b", "a\xa0b", "a\u2003b", "\udcff"),
]
_fresh = (f"UNSEEN_{number}" for number in itertools.count())


def event(type: str, text: str, serial: int, end: str = "\n") -> bytes:
    """A call whose middle record has these fields."""
    stamp = f"msg=audit(1700000000.{serial:03}:{serial}):"
    lines = [
        f"type=SYSCALL {stamp} arch=c000003e syscall=2 success=yes exit=3 a0=1 items=0 pid=2",
        f"type={type} {stamp} {text}",
        f"type=PROCTITLE {stamp} proctitle=6C73",
    ]
    return "".join(line + end for line in lines).encode("utf-8", "surrogateescape")


def contents(found: list[Event], serial: int) -> list[tuple[object, ...]]:
    """The contents of the records of an event."""
    [event] = [event for event in found if event.serial == serial]
    return [
        (record.type, record.fields, record.interpreted, dict(record.enriched), record.raw) for record in event.records
    ]


def assert_independent(place: str, value: str) -> None:
    """A value is read alike before and after ordinary events of its shape, in one piece and line by line."""
    type, text = next(_fresh), FIELDS[place].format(value)
    unusual = event(type, text, 7)
    parser = Parser()
    first = contents(parser.feed(unusual) + parser.close(), 7)
    ordinary = b"".join(event(type, FIELDS[place].format("ab"), serial) for serial in (1, 2, 3))
    for size in (len(ordinary) + len(unusual), 90, 1):
        data, parser = ordinary + unusual, Parser()
        found = [event for at in range(0, len(data), size) for event in parser.feed(data[at : at + size])]
        assert contents(found + parser.close(), 7) == first, f"{place} {value!r}, fed by {size}"


@pytest.mark.parametrize("place", FIELDS)
def test_hostile_values_are_read_alike_after_any_lines(place: str) -> None:
    for value in VALUES:
        assert_independent(place, value)


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(sorted(FIELDS)),
    value=st.text(st.sampled_from(" ab0=,()'\"{}\t\r\x1d\x1f/é\xa0"), max_size=8),
)
def test_any_value_is_read_alike_after_any_lines(place: str, value: str) -> None:
    assert_independent(place, value)


def test_carriage_returns_do_not_change_fields() -> None:
    ordinary = b"".join(event("CWD", "cwd=2F61", serial) for serial in (1, 2, 3))
    parser = Parser()
    found = parser.feed(ordinary + event("CWD", "cwd=2F61", 7, "\r\n") + event("CWD", "cwd=2F61", 8)) + parser.close()
    texts = [[record.fields for record in event.records] for event in found]
    assert len(texts) == 5 and all(text == texts[0] for text in texts)


@pytest.mark.parametrize(("serial", "events"), [("4294967295", 2), ("4294967296", 1), ("9999999999", 1)])
def test_serials_have_32_bits_in_whole_events_too(serial: str, events: int) -> None:
    ordinary = event("CWD", 'cwd="/a"', 1)
    parser = Parser()
    found = parser.feed(ordinary + ordinary.replace(b":1)", f":{serial})".encode())) + parser.close()
    assert len(found) == events and parser.counts.corrupt == (0 if events == 2 else 3)


@pytest.mark.parametrize(("seconds", "events"), [("4294967295", 2), ("4294967296", 1), ("99999999999", 1)])
def test_seconds_have_32_bits_in_whole_events_too(seconds: str, events: int) -> None:
    ordinary = b"".join(event("CWD", 'cwd="/a"', serial) for serial in (1, 2, 3))
    late = event("CWD", 'cwd="/a"', 4).replace(b"1700000000", seconds.encode())
    parser = Parser()
    found = parser.feed(ordinary + late) + parser.close()
    assert len(found) == 2 + events and parser.counts.corrupt == (0 if events == 2 else 3)
