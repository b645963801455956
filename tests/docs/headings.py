"""The headings of a page and the anchors that lead to them."""

from __future__ import annotations

import re
from pathlib import Path

_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def headings(page: Path, level: int | None = None) -> list[str]:
    """The texts of a page's headings in order, of one level or of all."""
    found = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return [text for marks, text in found if level is None or len(marks) == level]


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub and python-markdown make it: lower case, hyphens for spaces, no punctuation."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    """Every anchor of a page."""
    return {anchor(text) for text in headings(page)}


def links(page: Path) -> list[str]:
    """The targets of a page's links, outside blocks of code."""
    return _LINK.findall(_FENCED.sub("", page.read_text("utf-8")))
