"""The pages on how to add something: the files that they name exist, and their examples are valid code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import ROOT

PAGES = sorted((ROOT / "docs" / "how-to-add").glob("*.md"))
_NAMED = re.compile(r"(new (?:file|folder) )?`((?:[\w.-]+/)+[\w.-]*)`")
_PYTHON = re.compile(r"^( *)```python\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_TESTS = re.compile(r"\btests/[\w/.]+")


def test_there_is_a_page_for_each_thing_that_is_often_added() -> None:
    expected = {"alert-format", "command", "graphql-field", "hunt", "record-type", "store-call", "syscall"}
    assert {page.stem for page in PAGES} == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_files_that_it_names_exist_unless_they_are_the_new_ones(page: Path) -> None:
    text = page.read_text("utf-8")
    named = _NAMED.findall(text)
    new = {path for is_new, path in named if is_new}
    old = {path for _, path in named} | set(_TESTS.findall(text))
    assert old, "a page that sends nobody anywhere"
    assert {path for path in old - new if not (ROOT / path).exists()} == set()
    assert {path for path in new if (ROOT / path).exists()} == set(), "the example is in the tree: take another one"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_examples_are_python(page: Path) -> None:
    for _, code in _PYTHON.findall(page.read_text("utf-8")):
        ast.parse(dedent(code))


def test_imports_of_the_examples_are_there() -> None:
    """A room that was renamed is renamed here too."""
    for page in PAGES:
        for _, code in _PYTHON.findall(page.read_text("utf-8")):
            for line in re.findall(r"^from (?:provenance|tests)\S* import .*$", dedent(code), re.MULTILINE):
                exec(line, {})
