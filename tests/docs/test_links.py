"""Links between pages lead to a file and, if they name a heading, to a heading of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.headings import anchor, anchors, headings, links

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        if ":" in target:
            continue
        path, _, name = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not name or name in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_two_headings_have_one_anchor(page: Path) -> None:
    found = [anchor(text) for text in headings(page)]
    assert len(found) == len(set(found))
