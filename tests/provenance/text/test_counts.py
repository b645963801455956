"""Counts: a number and its noun agree, everywhere that one is printed."""

from __future__ import annotations

import re

import pytest

from provenance.text.counts import counted, plural, singular
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "line", "0 lines"),
        (1, "line", "1 line"),
        (2, "new event", "2 new events"),
        (1, "process", "1 process"),
        (3, "process", "3 processes"),
        (1, "entity", "1 entity"),
        (12_345, "entity", "12,345 entities"),
        (2, "day", "2 days"),
        (2, "alert or pinned entity", "2 alert or pinned entities"),
    ],
)
def test_a_number_with_its_noun(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


@pytest.mark.parametrize("noun", ["entity", "flow", "note", "blind", "connection", "dead letter", "delivery", "trace"])
def test_a_plural_leads_back_to_its_noun(noun: str) -> None:
    assert singular(plural(noun)) == noun


_COUNTED = re.compile(r"(?<!limit )\{(?:len\(|sum\(|[^{}]*count|[a-z_.]+:,)[^{}]*\} (?:new |more |raw )?(\w+)")
_COUNTABLE = {
    *("lines", "events", "records", "hosts", "files", "processes", "flows", "entities", "alerts", "edges", "nodes"),
    *("serials", "intervals", "connections", "bytes"),
}


def test_no_printed_number_has_a_noun_that_is_always_plural() -> None:
    """A text that says `{len(found)} hosts` says `1 hosts` sooner or later: `counted` says `1 host`."""
    wrong = []
    for file in sorted((ROOT / "provenance").rglob("*.py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            found = _COUNTED.search(line)
            if found is not None and found[1] in _COUNTABLE:
                wrong.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()}")
    assert wrong == []
