"""Lines that somebody wrote to keep the parser busy: the cost grows with their length, not with its square."""

from __future__ import annotations

import pytest

from ingest.pyauparse import Parser
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
