"""When events are given out, and that nothing but the lines decides it."""

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
    """A parser whose next event is FIRST: it has seen that nothing before that is missing."""
    parser = Parser()
    given = parser.feed(b"".join(opened('"/x"', serial=serial) for serial in range(FIRST - 4000, FIRST)))
    assert serials(given) == [*range(FIRST - 4000, FIRST)]
    return parser


def test_a_finished_event_after_the_last_one_is_given_at_once() -> None:
    assert serials(caught_up().feed(opened('"/x"', serial=FIRST))) == [FIRST]


def test_what_follows_a_gap_waits_and_comes_in_order() -> None:
    parser = caught_up()
    assert parser.feed(opened('"/x"', serial=FIRST + 1)) == []
    given = parser.feed(opened('"/x"', serial=FIRST)) + parser.close()
    assert serials(given) == [FIRST, FIRST + 1]
    assert not any(event.late for event in given)


def test_an_event_that_is_not_finished_waits_for_its_lines() -> None:
    parser = caught_up()
    lines = opened('"/x"', '"/y"', serial=FIRST).splitlines(keepends=True)
    given = parser.feed(lines[0])
    for serial in range(FIRST + 1, FIRST + 200):
        given += parser.feed(opened('"/x"', serial=serial))
    assert given == []
    given = parser.feed(b"".join(lines[1:])) + parser.close()
    assert serials(given) == [*range(FIRST, FIRST + 200)]
    assert given[0].complete and len(given[0].records) == 5


@pytest.mark.parametrize("between", range(1, 40))
def test_an_event_of_which_only_one_line_has_come_is_not_finished(between: int) -> None:
    parser = caught_up()
    begun = opened('"/x"', '"/y"', serial=FIRST).splitlines(keepends=True)
    given = parser.feed(begun[0])
    for serial in range(FIRST + 1, FIRST + between):
        given += parser.feed(opened('"/x"', serial=serial))
    given += parser.feed(b"".join(begun[1:]))
    for line in opened('"/x"', serial=FIRST + between).splitlines(keepends=True):
        given += parser.feed(line)
    given += parser.close()
    assert serials(given) == [*range(FIRST, FIRST + between + 1)]
    assert parser.counts.incomplete == parser.counts.late == 0


def test_a_lost_event_holds_up_the_others_for_a_while_only() -> None:
    parser = caught_up()
    given = []
    for serial in range(FIRST + 1, FIRST + 4000):
        given += parser.feed(opened('"/x"', serial=serial))
    assert serials(given)[-1] == FIRST + 3999
    assert parser.pending() == b""


def test_an_event_without_all_its_paths_is_incomplete_however_well_its_kind_is_known() -> None:
    parser = caught_up()
    lacking = opened('"/x"', '"/y"', serial=FIRST).splitlines(keepends=True)
    given = parser.feed(b"".join((*lacking[:3], lacking[-1]))) + parser.close()
    assert [(event.serial, event.complete) for event in given] == [(FIRST, False)]
    assert parser.counts.incomplete == 1


@pytest.mark.parametrize("size", [1 << 12, 1 << 16, 1 << 20])
def test_lines_out_of_place_lost_and_repeated_are_read_alike_in_pieces_of_any_size(size: int) -> None:
    data = disturbed()
    whole, counts = told(data, len(data))
    assert counts.late > 100 and counts.incomplete > 100
    assert told(data, size) == (whole, counts)


def told(data: bytes, size: int) -> tuple[list[tuple[object, ...]], Counts]:
    parser = Parser()
    given: list[Event] = []
    for begin in range(0, len(data), size):
        given += parser.feed(data[begin : begin + size])
    given += parser.close()
    return [
        (event.serial, event.ms, event.line, event.complete, event.late, event.raw) for event in given
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
