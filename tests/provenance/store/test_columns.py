"""Columns of integers as bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from provenance.store.columns import pack_columns, unpack_columns

VALUES = st.integers(-(1 << 61), 1 << 61)


@given(st.integers(1, 5), st.integers(1, 20), st.data(), st.binary(max_size=9))
def test_columns_are_read_as_they_were_packed(width: int, length: int, data: st.DataObject, rest: bytes) -> None:
    columns = data.draw(st.lists(st.lists(VALUES, min_size=length, max_size=length), min_size=width, max_size=width))
    packed = pack_columns(columns)
    assert unpack_columns(packed + rest, width) == (columns, len(packed))


def test_the_stored_form_is_the_same_on_every_machine() -> None:
    words = [2, 5, 1, -1, 512]
    expected = b"".join(word.to_bytes(8, "little", signed=True) for word in words)
    assert pack_columns([[5, 6], [-1, 511]]) == expected
