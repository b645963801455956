"""Pages: those of any size together are the list; a cursor keeps its position when the list grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.service.graphql.base.pages import MOST, Key, page, read_cursor, write_cursor

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXTS = st.text(st.characters(max_codepoint=127), max_size=5)
KEYS = st.lists(st.tuples(INTEGERS, TEXTS), unique=True).map(sorted)


def same(key: tuple[int, str]) -> Key:
    return key


@given(keys=KEYS, first=st.integers(1, MOST))
def test_pages_together_are_the_list(keys: list[tuple[int, str]], first: int) -> None:
    found: list[Key] = []
    after = None
    while True:
        shown = page(keys, same, same, first, after, len(keys))
        assert len(shown.edges) <= first
        found += [edge.node for edge in shown.edges]
        if not shown.page_info.has_next_page:
            break
        after = shown.page_info.end_cursor
    assert found == keys


@given(keys=KEYS, more=KEYS, first=st.integers(1, 5))
def test_elements_added_between_pages_cause_no_repeats_or_gaps(
    keys: list[tuple[int, str]], more: list[tuple[int, str]], first: int
) -> None:
    before = page(keys, same, same, first, None, None)
    grown = sorted({*keys, *more})
    rest = page(grown, same, same, MOST, before.page_info.end_cursor, None)
    end = before.edges[-1].node if before.edges else None
    assert [edge.node for edge in rest.edges] == [key for key in grown if end is None or key > end][:MOST]


@given(key=st.lists(INTEGERS | TEXTS, max_size=3).map(tuple))
def test_a_cursor_is_its_key(key: Key) -> None:
    assert read_cursor(write_cursor(key), tuple(type(part) for part in key)) == key


@pytest.mark.parametrize("key", [(1 << 63, "a"), (-(1 << 63) - 1, "a"), (1, "\ud800"), (True, "a"), (1.0, "a")])
def test_a_cursor_that_no_store_can_compare_is_rejected(key: Key) -> None:
    with pytest.raises(UsageError):
        read_cursor(write_cursor(key), (int, str))


@given(cursor=st.text(max_size=30))
def test_any_other_text_is_rejected_or_a_valid_cursor(cursor: str) -> None:
    try:
        found = read_cursor(cursor, (int, str))
    except UsageError:
        return
    assert found is not None
    assert [type(part) for part in found] == [int, str]


@pytest.mark.parametrize("first", [0, -1, MOST + 1])
def test_a_page_has_a_size(first: int) -> None:
    with pytest.raises(UsageError):
        page([], same, same, first, None, 0)
