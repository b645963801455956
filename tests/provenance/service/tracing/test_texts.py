"""Stories are rendered once, one at a time, and what is kept is bounded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from provenance.errors import NothingFound
from provenance.service.tracing.texts import RecentTexts


def test_a_text_is_rendered_once() -> None:
    texts, rendered = RecentTexts(), []
    for _ in range(3):
        assert texts.get(("trace", 40), lambda: rendered.append(1) or "story") == "story"  # type: ignore[func-returns-value]
    assert texts.get(("trace", 41), lambda: "longer") == "longer"
    assert len(rendered) == 1


def test_one_is_rendered_at_a_time() -> None:
    texts, at_once, most = RecentTexts(), [0], [0]
    lock = threading.Lock()

    def render() -> str:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        threading.Event().wait(0.01)
        with lock:
            at_once[0] -= 1
        return "story"

    with ThreadPoolExecutor(10) as threads:
        assert set(threads.map(lambda key: texts.get(key, render), range(20))) == {"story"}
    assert most == [1]


def test_the_texts_that_are_kept_are_bounded() -> None:
    texts = RecentTexts(most_characters=10)
    assert texts.get("a", lambda: "aaaaaa") == "aaaaaa"
    assert texts.get("b", lambda: "bbbbbb") == "bbbbbb"
    assert texts.get("b", lambda: "other") == "bbbbbb"
    assert texts.get("a", lambda: "other") == "other"
    assert texts.get("long", lambda: "x" * 11) == "x" * 11
    assert texts.get("long", lambda: "again") == "again"


def test_an_error_is_not_kept() -> None:
    texts = RecentTexts()

    def fail() -> str:
        raise NothingFound("not traced yet")

    with pytest.raises(NothingFound):
        texts.get("a", fail)
    assert texts.get("a", lambda: "story") == "story"
