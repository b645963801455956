"""Citations in the repository's own text: the cited pages and headings exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT
from tests.docs.headings import anchors

_ABSENT = {
    r"\bdesign,? section\b": "a document that is not here",
    r"\bdesign\.md\b": "a document that is not here",
    r"\btraps? \d": "docs/audit-format.md has numbered sections",
    r"\bthe traps? of the audit format\b": "docs/audit-format.md",
    r"\bthe contract\b": "docs/interface.md, or CONTRACT.md of the stores",
}
"""What must not be cited, and what is meant instead."""
_PAGE = re.compile(r"(?<![\w/.-])docs/([\w.-]+\.\w+)(?:#([\w-]+))?")
_SUFFIXES = {".py", ".md", ".cypher", ".graphql", ".toml", ".json", ".rules"}
_OTHERS = {Path(__file__).relative_to(ROOT), Path("tests/script/test_docs.py")}
"""Files whose text is about other pages than ours: this one, and a test that makes a small site of its own."""


@cache
def texts() -> tuple[tuple[Path, str], ...]:
    """Every file of the repository that people write text in, by its path from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    chosen = [path for path in paths if path.suffix in _SUFFIXES or path.parts[0] == "script"]
    return tuple(
        (path, (ROOT / path).read_text("utf-8")) for path in chosen if path not in _OTHERS and (ROOT / path).is_file()
    )


def _lines(pattern: str) -> Iterator[str]:
    for path, text in texts():
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line, re.IGNORECASE):
                yield f"{path}:{number}: {line.strip()}"


def test_only_published_documents_are_cited() -> None:
    assert len(texts()) > 500
    found = {line: replacement for pattern, replacement in _ABSENT.items() for line in _lines(pattern)}
    assert not found


def test_every_page_that_is_cited_exists_and_has_the_heading() -> None:
    cited = {(match[1], match[2], path) for path, text in texts() for match in _PAGE.finditer(text)}
    assert len(cited) > 50
    for name, anchor, path in sorted(cited, key=str):
        page = ROOT / "docs" / name
        assert page.is_file(), f"{path} cites docs/{name}"
        assert anchor is None or anchor in anchors(page), f"{path} cites docs/{name}#{anchor}"
