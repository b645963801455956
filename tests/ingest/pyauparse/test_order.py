"""The order in which events are returned depends on the lines alone."""

from __future__ import annotations

import lzma
import random

import pytest

from provenance.ingest.pyauparse import Event, Parser
from provenance.ingest.pyauparse.counts import Counts
from tests.ingest.pyauparse.test_columns import opened
from tests.ingest.pyauparse.test_properties import DEMO

FIRST = 5000


def serials(events: list[Event]) -> list[int]:
    return [event.serial for event in events]


def caught_up() -> Parser:
    """A parser whose next event is FIRST; no earlier event is missing."""
    parser = Parser()
    events = parser.feed(b"".join(opened('"/x"', serial=serial) for serial in range(FIRST - 4000, FIRST)))
    assert serials(events) == [*range(FIRST - 4000, FIRST)]
    return parser


def test_the_next_finished_event_is_returned_at_once() -> None:
    assert serials(caught_up().feed(opened('"/x"', serial=FIRST))) == [FIRST]


def test_events_after_a_gap_wait_and_are_returned_in_order() -> None:
    parser = caught_up()
    assert parser.feed(opened('"/x"', serial=FIRST + 1)) == []
    events = parser.feed(opened('"/x"', serial=FIRST)) + parser.close()
    assert serials(events) == [FIRST, FIRST + 1]
    assert not any(event.late for event in events)


def test_an_event_that_is_not_finished_waits_for_its_lines() -> None:
    parser = caught_up()
    lines = opened('"/x"', '"/y"', serial=FIRST).splitlines(keepends=True)
    events = parser.feed(lines[0])
    for serial in range(FIRST + 1, FIRST + 200):
        events += parser.feed(opened('"/x"', serial=serial))
    assert events == []
    events = parser.feed(b"".join(lines[1:])) + parser.close()
    assert serials(events) == [*range(FIRST, FIRST + 200)]
    assert events[0].complete and len(events[0].records) == 5


@pytest.mark.parametrize("between", range(1, 40))
def test_an_event_with_one_line_is_not_finished(between: int) -> None:
    parser = caught_up()
    begun = opened('"/x"', '"/y"', serial=FIRST).splitlines(keepends=True)
    events = parser.feed(begun[0])
    for serial in range(FIRST + 1, FIRST + between):
        events += parser.feed(opened('"/x"', serial=serial))
    events += parser.feed(b"".join(begun[1:]))
    for line in opened('"/x"', serial=FIRST + between).splitlines(keepends=True):
        events += parser.feed(line)
    events += parser.close()
    assert serials(events) == [*range(FIRST, FIRST + between + 1)]
    assert parser.counts.incomplete == parser.counts.late == 0


def test_a_lost_event_delays_others_for_a_limited_time() -> None:
    parser = caught_up()
    events = []
    for serial in range(FIRST + 1, FIRST + 4000):
        events += parser.feed(opened('"/x"', serial=serial))
    assert serials(events)[-1] == FIRST + 3999
    assert parser.pending() == b""


def test_an_event_without_all_its_paths_is_incomplete() -> None:
    parser = caught_up()
    lacking = opened('"/x"', '"/y"', serial=FIRST).splitlines(keepends=True)
    events = parser.feed(b"".join((*lacking[:3], lacking[-1]))) + parser.close()
    assert [(event.serial, event.complete) for event in events] == [(FIRST, False)]
    assert parser.counts.incomplete == 1


@pytest.mark.parametrize("size", [1 << 12, 1 << 16, 1 << 20])
def test_disturbed_lines_are_read_alike_in_chunks_of_any_size(size: int) -> None:
    data = disturbed()
    expected, counts = read_in_chunks(data, len(data))
    assert counts.late > 100 and counts.incomplete > 100
    assert read_in_chunks(data, size) == (expected, counts)


def read_in_chunks(data: bytes, size: int) -> tuple[list[tuple[object, ...]], Counts]:
    parser = Parser()
    events: list[Event] = []
    for begin in range(0, len(data), size):
        events += parser.feed(data[begin : begin + size])
    events += parser.close()
    return [
        (event.serial, event.ms, event.line, event.complete, event.late, event.raw) for event in events
    ], parser.counts


def disturbed() -> bytes:
    """The recorded incident with one line in a hundred moved (a few a long way), one lost, and some repeated later."""
    with lzma.open(DEMO) as stream:
        lines = stream.read(8_000_000).splitlines(keepends=True)[:-1]
    pick = random.Random(5)
    moved = sorted(
        (place + (pick.choice((5, 60, 9_000)) if pick.random() < 0.01 else 0), line)
        for place, line in enumerate(lines)
        if pick.random() > 0.01
    )
    out = [line for _, line in moved]
    return b"".join((*out, *out[3_000:3_300], *out[-300:]))
