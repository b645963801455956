"""Text that would act on a terminal is escaped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.text.escape import cut, visible, width

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("bash -i", "bash -i"),
        ("naïve 日本", "naïve 日本"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x9b2J\x7f\x00", "\\x9b2J\\x7f\\x00"),
        ("invoice\u202egpj.exe", "invoice\\u202egpj.exe"),
        ("zero\u200bwidth\u2066", "zero\\u200bwidth\\u2066"),
        ("line\u2028break\u0085", "line\\u2028break\\x85"),
        (b"caf\xe9\xff".decode("utf-8", "surrogateescape"), "caf\\xe9\\xff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible(text: str, printed: str) -> None:
    assert visible(text) == printed


@given(ANYTHING)
def test_all_that_is_shown_prints_and_can_be_written(text: str) -> None:
    printed = visible(text)
    assert printed.isprintable()
    printed.encode("utf-8")


@given(ANYTHING, st.integers(0, 30))
def test_a_cut_text_fits(text: str, columns: int) -> None:
    printed = visible(text)
    assert width(cut(printed, columns)) <= columns
    if width(printed) <= columns:
        assert cut(printed, columns) == printed
