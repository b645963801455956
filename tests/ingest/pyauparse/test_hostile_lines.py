"""Lines that somebody wrote to keep the parser busy: the cost grows with their length, not with its square."""

from __future__ import annotations

import pytest

from ingest.pyauparse import Event, Parser
from ingest.pyauparse.parser import LONGEST_LINE
from ingest.pyauparse.wrappers import unescaped

HEAD = "type=TTY msg=audit(1600000000.123:7): "
LENGTH = 400_000
"""Far more than could be read within the time of a test if the cost grew with the square of the length."""


@pytest.mark.parametrize(
    "text",
    [
        " " * LENGTH + "!",
        ", " * (LENGTH // 2) + "!",
        "a" * LENGTH + "!",
        "a=b\x1dA=b" + " " * LENGTH + "!",
        "a=b\x1d" + "A" * LENGTH,
        "xUID=a" * (LENGTH // 6) + '"',
        "0UID={" * (LENGTH // 6) + '"',
        "old auid=1 " * (LENGTH // 11),
        '"old auid=1 ' * (LENGTH // 11),
        "user pid=1 " * (LENGTH // 11),
        "x" + "#012" * (LENGTH // 4) + "!",
        "x" + "\\n" * (LENGTH // 2) + "!",
        "x" + "#012 " * (LENGTH // 5) + "!",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_line_of_one_thing_repeated_is_read_once(text: str) -> None:
    parser = Parser()
    parser.feed(f"{HEAD}{text}\n{HEAD.replace(':7', ':8')}pid=1\n".encode())
    parser.close()
    assert (parser.counts.lines, parser.counts.records) == (2, 2)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=b#012", "a=b"),
        ("a=b\\n #015\t", "a=b"),
        ("a=b\\x0a^J", "a=b"),
        ("a=#012 b", "a=#012 b"),
        ("a=\\ b ", "a=\\ b "),
        ("#012", ""),
    ],
)
def test_only_the_escaped_ends_at_the_end_are_left_out(line: str, expected: str) -> None:
    assert unescaped(line) == expected


@pytest.mark.parametrize("chunk", [1 << 14, 1 << 17, 3 << 20])
@pytest.mark.parametrize("length", [LONGEST_LINE, LONGEST_LINE + 1, 2 * LONGEST_LINE + 77])
def test_a_line_that_is_too_long_is_one_corrupt_line_whatever_it_holds(length: int, chunk: int) -> None:
    """What stands behind the first mebibyte reads like a record, and is none."""
    record = b'type=SYSCALL msg=audit(1700000000.123:%d): arch=c000003e syscall=59 success=yes exit=0 items=0 pid=7 comm="x"\n'
    is_long = length > LONGEST_LINE
    forged = record % 99 if is_long else b"\n"
    first = b"type=SYSCALL msg=audit(1700000000.100:5): a="
    long = first + b"b" * (length - len(first) - len(forged) + 1) + forged
    assert len(long) == length + 1
    log = record % 1 + long + record % 200
    parser = Parser()
    events: list[Event] = []
    for begin in range(0, len(log), chunk):
        events += parser.feed(log[begin : begin + chunk])
    events += parser.close()
    assert [event.serial for event in events] == ([1, 200] if is_long else [1, 5, 200])
    assert [event.offset for event in events if event.serial == 200] == [len(record % 1) + len(long)]
    counts = parser.counts
    assert (counts.lines, counts.corrupt, counts.records, counts.bytes) == (3, is_long, 3 - is_long, len(log))
    assert [len(line.raw) for line in counts.corrupt_lines] == [1 << 16] * is_long


def test_a_long_line_without_an_end_is_not_held() -> None:
    parser = Parser()
    for _ in range(40):
        parser.feed(bytes(1 << 20))
    assert len(parser.pending()) <= 2 * LONGEST_LINE
    assert parser.close() == []
    assert (parser.counts.lines, parser.counts.corrupt, parser.counts.bytes) == (1, 1, 40 << 20)


def test_an_event_of_very_many_records_is_read_and_holds_each_line_once() -> None:
    """Each line was looked for among all earlier ones of its event, which took minutes."""
    lines = [b'type=PATH msg=audit(1700000000.123:5): item=%d name="/x" inode=5\n' % item for item in range(40_000)]
    parser = Parser()
    (event,) = parser.feed(b"".join((*lines, lines[3], lines[39_000]))) + parser.close()
    assert len(event.records) == 40_000
    assert event.raw == b"".join(lines).rstrip(b"\n")
