"""Hashes that a user types."""

from __future__ import annotations

import pytest

from provenance.errors import UsageError
from provenance.text.hashes import read_hash


def test_a_hash_is_read_in_any_letters() -> None:
    assert read_hash("AB" * 32) == read_hash("Sha256:" + "ab" * 32) == "sha256:" + "ab" * 32


@pytest.mark.parametrize("text", ["", "ab", "/etc/passwd", "sha256:" + "ab" * 200, "ab" * 33, "x" * 1_000])
def test_an_invalid_hash_is_rejected_in_one_short_line(text: str) -> None:
    with pytest.raises(UsageError, match="invalid hash") as rejected:
        read_hash(text)
    assert len(str(rejected.value)) < 200
