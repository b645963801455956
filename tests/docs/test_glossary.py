"""The glossary: each term once, in alphabetical order, in one or two sentences."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.docs.headings import headings

PAGE = ROOT / "docs" / "glossary.md"
TERMS = headings(PAGE, 2)
_LONGEST = 3
"""Sentences of an explanation, the one that links to a page counted."""


def test_every_term_is_there_once_and_in_order() -> None:
    folded = [term.casefold() for term in TERMS]
    assert len(folded) == len(set(folded))
    assert folded == sorted(folded)


@pytest.mark.parametrize(
    "term",
    ["Event", "Record", "Flow", "Run", "Bound", "Slice", "Way in", "Initial access", "Incarnation", "Blind interval"],
)
def test_terms_of_the_field_are_defined(term: str) -> None:
    assert term in TERMS


@pytest.mark.parametrize("term", TERMS)
def test_an_explanation_is_short(term: str) -> None:
    _, _, rest = PAGE.read_text("utf-8").partition(f"\n## {term}\n")
    text = rest.partition("\n## ")[0].strip()
    assert text and "\n" not in text
    assert 1 <= len(re.findall(r"[.](?= |$)", text)) <= _LONGEST
