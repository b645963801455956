"""Patterns on text that makes them slow."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import UsageError
from provenance.store.patterns import Glob, compile_pattern, matching


def test_an_endless_pattern_is_stopped() -> None:
    begun = time.monotonic()
    with pytest.raises(UsageError, match=r"'\(a\+\)\+\$' was stopped: .* more than 1 s on 'a{60}'"):
        matching("(a+)+$", ["a" * 64 + "b"], limit_s=1.0)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("pattern", ["bash", "b.*h", "^x+$", "a|(b)", r"\udcff"])
def test_agrees_with_re(pattern: str) -> None:
    texts = ["bash", "b\nh", "xxx", "", "\udcff", "ab"] * 3
    assert matching(pattern, texts) == [place for place, text in enumerate(texts) if re.search(pattern, text)]


def test_many_texts_in_chunks() -> None:
    texts = [("x" * 2_000_000) + str(number) for number in range(9)]
    assert matching("x[37]$", texts) == [3, 7] and matching("x[37]{1}$", texts) == [3, 7]


@pytest.mark.parametrize("pattern", ["(" * 200, "a{99999999999}", "(?P<a>", "\\"])
def test_no_pattern_raises_anything_else(pattern: str) -> None:
    with pytest.raises(UsageError):
        compile_pattern(pattern)


@settings(max_examples=300, deadline=None)
@given(pattern=st.text("ab*?[]!-", min_size=1, max_size=7), path=st.text("ab[]!-*", max_size=7))
def test_every_match_contains_the_fixed_text_and_the_beginning(pattern: str, path: str) -> None:
    glob = Glob(pattern)
    if glob.matches(path):
        assert glob.fixed() in path
        assert path.startswith(glob.prefix)
