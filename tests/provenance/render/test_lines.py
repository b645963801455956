"""Lines that are too long: wrapped to a terminal's width."""

from __future__ import annotations

import pytest

from provenance.render.lines import Line, Span, plain, wrapped


@pytest.mark.parametrize(
    ("line", "columns", "expected"),
    [
        ((Span("one two three"),), 8, ["one two", "three"]),
        ((Span("one two three"),), 7, ["one two", "three"]),
        ((Span("at: "), Span("one two", hang=True)), 8, ["at: one", "    two"]),
        ((Span("abcdefghij"),), 4, ["abcd", "efgh", "ij"]),
        ((Span("ab", "bold"), Span("cdefghi")), 4, ["abcd", "efgh", "i"]),
        ((Span("abcd", "bold"), Span("efghi")), 4, ["abcd", "efgh", "i"]),
        ((Span("漢字漢"),), 3, ["漢", "字", "漢"]),
        ((Span("a", "bold"), Span("漢字")), 2, ["a", "漢", "字"]),
        ((Span("one two", unwrapped=True),), 4, ["one two"]),
    ],
)
def test_a_line_is_wrapped_at_spaces_and_within_long_words(line: Line, columns: int, expected: list[str]) -> None:
    assert [plain(part) for part in wrapped(line, columns)] == expected


def test_each_part_of_a_word_that_is_broken_has_its_style() -> None:
    line = (Span("ab", "bold"), Span("cdef", "dim"))
    first, second = wrapped(line, 3)
    assert first == (Span("ab", "bold"), Span("c", "dim"))
    assert [span for span in second if span.text] == [Span("def", "dim")]
