"""The form of a hash, which no path can have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance.ingest.hashes import is_hash, normal


@pytest.mark.parametrize(
    ("given_as", "form"),
    [
        ("SHA256:" + "Ab" * 32, "sha256:" + "ab" * 32),
        ("sha512-256:" + "00" * 32, "sha512-256:" + "00" * 32),
        ("ab" * 16, "md5:" + "ab" * 16),
        ("ab" * 20, "sha1:" + "ab" * 20),
        ("AB" * 32, "sha256:" + "ab" * 32),
        ("ab" * 64, "sha512:" + "ab" * 64),
        ("ab" * 17, None),
        ("sha256:", None),
        ("sha256:" + "a" * 63, None),
        ("sha256:" + "ag" * 32, None),
        ("sha256:" + "ab" * 32 + "\n", None),
        ("/sha256:" + "ab" * 32, None),
        ("memfd:", None),
        ("", None),
    ],
)
def test_the_form(given_as: str, form: str | None) -> None:
    assert normal(given_as) == form
    assert form is None or is_hash(form)


@given(st.text(max_size=200))
def test_normalizing_is_idempotent_and_no_path_is_a_hash(text: str) -> None:
    form = normal(text)
    assert form is None or (is_hash(form) and normal(form) == form)
    assert not is_hash("/" + text)
