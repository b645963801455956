"""Invariants for every input: chunking and interleaving change nothing, every line is counted, nothing raises."""

from __future__ import annotations

import lzma
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.ingest.pyauparse import Event, Parser

DEMO = Path(__file__).parents[3] / "provenance" / "demo" / "data" / "web01.log.xz"


@pytest.fixture(scope="module")
def recorded() -> bytes:
    """The beginning of a recorded log."""
    with lzma.open(DEMO) as stream:
        return _Log(_lines(stream.read(600_000)))


class _Log(bytes):
    """A log that a failing test does not print."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes of log>"


def _lines(data: bytes) -> bytes:
    """Complete lines."""
    return data[: data.rfind(b"\n") + 1]


def properties(events: list[Event]) -> list[tuple[object, ...]]:
    """All properties of events as comparable values."""
    return [
        (
            *(event.node, event.ms, event.serial, event.complete, event.late, event.line, event.offset, event.raw),
            *((record.type, *record.fields.items(), *record.interpreted.items()) for record in event.records),
        )
        for event in events
    ]


def parsed(data: bytes, *cuts: int) -> tuple[list[Event], Parser]:
    parser = Parser()
    found: list[Event] = []
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for begin, end in pairwise(places):
        found += parser.feed(data[begin:end])
    return found + parser.close(), parser


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(0, 1 << 30), max_size=40))
def test_chunking_changes_nothing(recorded: bytes, cuts: list[int]) -> None:
    part = recorded[:150_000]
    assert properties(parsed(part, *cuts)[0]) == properties(parsed(part)[0])


def test_every_byte_alone(recorded: bytes) -> None:
    part = recorded[:12_000]
    assert properties(parsed(part, *range(len(part)))[0]) == properties(parsed(part)[0])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 30))
def test_a_legal_interleaving_changes_nothing(recorded: bytes, seed: int) -> None:
    lines = recorded[:60_000].split(b"\n")[1:-1]
    moved = list(lines)
    rng = random.Random(seed)
    for place in range(len(moved) - 1):
        if _stamp(moved[place]) != _stamp(moved[place + 1]) and rng.random() < 0.4:
            moved[place], moved[place + 1] = moved[place + 1], moved[place]
    events, parser = parsed(b"\n".join(moved) + b"\n")
    plain, _ = parsed(b"\n".join(lines) + b"\n")

    def content(found: list[Event]) -> list[tuple[object, ...]]:
        return [(event.ms, event.serial, [record.fields for record in event.records]) for event in found]

    assert content(events) == content(plain)
    assert parser.counts.late == parser.counts.corrupt == 0


def _stamp(line: bytes) -> bytes:
    return line.partition(b"audit(")[2].partition(b")")[0]


def test_whole_events_and_single_lines_are_read_alike(recorded: bytes) -> None:
    part = _lines(recorded[:200_000])
    at_once, _ = parsed(part)
    by_line: list[Event] = []
    parser = Parser()
    for line in part.split(b"\n")[:-1]:
        by_line += parser.feed(line + b"\n")
    fields = [[record.fields for record in event.records] for event in by_line + parser.close()]
    again = [[record.fields for record in event.records] for event in at_once]
    assert fields == again


def test_all_fields_at_once_are_the_fields(recorded: bytes) -> None:
    for event in parsed(recorded[:200_000])[0]:
        at_once = [dict(zip(shape.names, values, strict=True)) for shape, values in event.decoded()]
        assert at_once == [dict(record.fields) for record in event.records]


def test_a_hundred_thousand_mutated_lines_never_raise(recorded: bytes) -> None:
    rng = random.Random(20)
    lines = recorded.split(b"\n")
    parser = Parser()
    size = fed = 0
    for _ in range(100):
        chunk = b"".join(_mutated(rng.choice(lines), rng) + b"\n" for _ in range(1_000))
        size += len(chunk)
        fed += chunk.count(b"\n")
        for event in parser.feed(chunk)[:5]:
            properties([event])
    properties(parser.close()[:200])
    counts = parser.counts
    assert counts.bytes == size and counts.lines == fed
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other


def _mutated(line: bytes, rng: random.Random) -> bytes:
    data = bytearray(line)
    for _ in range(rng.randint(1, 4)):
        if not data:
            break
        place = rng.randrange(len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[place] = rng.randrange(256)
        elif kind == 1:
            del data[place : place + rng.randint(1, 30)]
        elif kind == 2:
            data[place:place] = data[rng.randrange(len(data)) :][:20]
        elif kind == 3:
            data = data[:place]
        else:
            data[place:place] = rng.choice([b"\x1d", b'"', b"'", b"=", b" msg=audit(1.1:1): ", b"\x00", b"{", b"\xc3"])
    return bytes(data)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_counted(data: bytes) -> None:
    events, parser = parsed(data)
    properties(events)
    counts = parser.counts
    assert counts.bytes == len(data)
    assert counts.lines == counts.records + counts.corrupt + counts.blank + counts.other
