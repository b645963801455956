#!/usr/bin/env python3
"""Build the documentation as a static site: script/docs.py [--folder FOLDER]

The site contains the pages in docs/ and at the root of the repository, and every file that a page links to. Each keeps
its path, so that links work in the repository and on the site. A link to a missing file or heading fails the build: it is
printed with its file and line, and the exit code is 1. The menu has the headings of docs/README.md, and the pages in its lists.

FOLDER (default: .cache/docs) gets the copied pages, the generated configuration and `site/`. A browser can open the site
from files; only its search needs a web server (`python3 -m http.server --directory .cache/docs/site`).

The generator is Zensical, by the authors of Material for MkDocs, which has been without support since November 2026
(https://github.com/squidfunk/mkdocs-material/issues/8523); MkDocs 1 has had no release since August 2024. Zensical
checks links and headings, and its theme and search load nothing from other servers.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
INDEX = ROOT / "docs" / "README.md"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`]*`")
_SECOND_WORD = re.compile(r"^(```\w+) .*$", re.MULTILINE)
"""The purpose of a block of code, after its language. Tests read it; the generator does not recognise such a block as code."""
_NOT_FILE = re.compile(r"[a-z][a-z0-9+.-]*:|#")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SITE = {
    "site_name": "provenance",
    "site_description": "A provenance graph from auditd logs: exact traces from an alert back to its cause.",
    "docs_dir": "pages",
    "site_dir": "site",
    "use_directory_urls": False,  # so that the pages can be opened as files
    "theme": {
        "language": "en",
        "font": False,  # otherwise every page loads fonts from Google
        "features": ["navigation.sections", "navigation.top", "content.code.copy", "search.highlight"],
        "palette": [
            {"media": "(prefers-color-scheme: light)", "scheme": "default"},
            {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
        ],
    },
    "markdown_extensions": ["tables", "pymdownx.highlight", "pymdownx.superfences", {"toc": {"permalink": True}}],
}


class Link(NamedTuple):
    """A link from a page to a file, with absolute paths and the number of its line."""

    page: Path
    line: int
    target: Path

    @property
    def dead(self) -> bool:
        """Whether the target is not a file in the repository. A link to a folder is dead: the site has no page for it."""
        return not (self.target.is_file() and self.target.is_relative_to(ROOT))

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: no such file: {self.target}"


def main() -> int:
    """Builds the site and returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, default=ROOT / ".cache" / "docs", help="where to build (.cache/docs)")
    folder = options.parse_args().folder
    files, dead = collected()
    for link in dead:
        sys.stderr.write(f"{link}\n")
    if dead:
        return 1
    copy(files, folder / "pages")
    configuration = folder / "mkdocs.yml"  # a name that Zensical reads; JSON is YAML
    configuration.write_text(json.dumps(_SITE | {"nav": menu()}, indent=1), "utf-8")
    return build(configuration)


def collected() -> tuple[list[Path], list[Link]]:
    """Every file of the site, and the dead links."""
    waiting = [*ROOT.glob("*.md"), *(path for path in (ROOT / "docs").rglob("*") if path.is_file())]
    files, dead = set(waiting), []
    while waiting:
        for link in links(waiting.pop()):
            if link.dead:
                dead.append(link)
            elif link.target not in files:
                files.add(link.target)
                waiting.append(link.target)
    return sorted(files), sorted(dead)


def links(page: Path) -> Iterator[Link]:
    """The links of a page to files, in order, except in code."""
    fenced = False
    for number, line in enumerate(page.read_text("utf-8").splitlines() if page.suffix == ".md" else (), 1):
        fenced ^= line.lstrip().startswith("```")
        for address in () if fenced else _LINK.findall(_CODE.sub("", line)):
            if not _NOT_FILE.match(address):
                yield Link(page, number, (page.parent / address.partition("#")[0]).resolve())


def copy(files: list[Path], pages: Path) -> None:
    """Copies files to the same paths in the folder `pages`, whose former content is deleted."""
    shutil.rmtree(pages, ignore_errors=True)
    for file in files:
        target = pages / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".md":
            target.write_text(_SECOND_WORD.sub(r"\1", file.read_text("utf-8")), "utf-8")
        else:
            shutil.copyfile(file, target)


def menu() -> list[object]:
    """The menu of the site: the start page, then a section for each heading of the index, with the pages listed there."""
    entries: list[object] = [{"Start": "README.md"}]
    section: list[str] = []
    targets = {(link.line, str(link.target.relative_to(ROOT))) for link in links(INDEX) if link.target.suffix == ".md"}
    for number, line in enumerate(INDEX.read_text("utf-8").splitlines(), 1):
        if line.startswith("## "):
            section = []
            entries.append({line.removeprefix("## "): section})
        section.extend(sorted(target for at, target in targets if at == number))
    return entries


def build(configuration: Path) -> int:
    """Runs the generator, prints its errors, and returns the exit code."""
    shutil.rmtree(configuration.parent / "site", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(configuration)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        sys.stderr.write(_COLOURS.sub("", done.stdout + done.stderr).partition("Traceback")[0])
        return 1
    sys.stdout.write(f"site: {configuration.parent / 'site' / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
