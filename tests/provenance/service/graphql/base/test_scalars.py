"""Scalars: text round-trips and cannot move a cursor; times and numbers have one meaning or are rejected."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.ingest.clock import rfc3339
from provenance.service.graphql.base.scalars import parse_time, read_number, read_pattern, read_text, spell

BYTES = st.binary(max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
LOG_TEXT = BYTES | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(text=LOG_TEXT)
def test_text_survives_and_is_safe_to_show(text: str) -> None:
    spelled = spell(text)
    assert spelled.isprintable()
    assert read_text(spelled) == text
    assert json.loads(json.dumps(spelled, ensure_ascii=False).encode("utf-8")) == spelled


@given(text=st.text(st.characters(exclude_categories=()), max_size=20))
def test_any_text_is_safe_to_show(text: str) -> None:
    assert spell(text).encode("utf-8").decode("utf-8").isprintable()


@given(one=LOG_TEXT, other=LOG_TEXT)
def test_two_texts_are_never_spelled_alike(one: str, other: str) -> None:
    assert (spell(one) == spell(other)) == (one == other)


def test_each_kind_of_character_has_its_spelling() -> None:
    assert spell("a\\b\n\t\r\x1b\x85\udc85\u202e\U000e0001é") == (r"a\\b\n\t\r\u001b\u0085\x85\u202e\U000e0001é")


@pytest.mark.parametrize("text", ["\\", "\\q", "\\x4", "\\x41", "\\u12", "\\ud800", "\\U00110000", "\ud800", 1, None])
def test_an_invalid_escape_is_rejected(text: object) -> None:
    with pytest.raises(UsageError):
        read_text(text)


@given(ms=st.integers(0, (1 << 41) - 1))
def test_times_survive(ms: int) -> None:
    assert parse_time(rfc3339(ms)) == ms
    assert parse_time(f"{ms // 1000}.{ms % 1000:03d}") == ms


@pytest.mark.parametrize(
    "value", ["", "x", "2026-11-24T03:28:58", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", True, []]
)
def test_an_invalid_time_is_rejected(value: object) -> None:
    with pytest.raises(UsageError):
        parse_time(value)


@given(number=st.integers(-(1 << 53), 1 << 53))
def test_numbers_survive(number: int) -> None:
    assert read_number(number) == number


@pytest.mark.parametrize("value", [1.5, float("nan"), float("inf"), 1 << 60, True, "1", None])
def test_an_invalid_number_is_rejected(value: object) -> None:
    with pytest.raises(UsageError):
        read_number(value)


def test_patterns_are_checked_before_the_store_is_read() -> None:
    assert read_pattern("a+$") == "a+$"
    for bad in ("(", "*", "\ud800", 1):
        with pytest.raises(UsageError):
            read_pattern(bad)
