"""docs/audit-format.md: its sections are numbered, each names tests that exist, and each numbered test is named."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.docs.headings import headings

PAGE = ROOT / "docs" / "audit-format.md"
TESTS = ROOT / "tests" / "ingest" / "pyauparse"
SECTIONS = [int(text.partition(".")[0]) for text in headings(PAGE, 2)]
_DEFINED = set(re.findall(r"^def (test_\d\d_\w+)", (TESTS / "test_audit_format.py").read_text("utf-8"), re.MULTILINE))


def test_the_sections_are_numbered() -> None:
    assert list(range(1, len(SECTIONS) + 1)) == SECTIONS


def test_every_section_has_a_test() -> None:
    assert {int(name[5:7]) for name in _DEFINED} == set(SECTIONS)


def test_every_test_that_is_named_exists_and_the_other_way_round() -> None:
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"`(test_\d\d_\w+)`", text))
    assert named <= _DEFINED
    assert {name for name in _DEFINED - named if not name.startswith("test_18_")} == set()
    for file in re.findall(r"`([\w/]*test_\w+\.py)`", text):
        assert (ROOT / file if "/" in file else TESTS / file).is_file(), file
