"""docs/architecture.md names files and packages that exist, and enough of both."""

from __future__ import annotations

import re

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
_NAMED = re.compile(r"`((?:ingest|provenance|cypher|graphql|docs)/[\w./*-]*)`")


def _rows(heading: str) -> list[str]:
    part = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line for line in part.split("\n") if line.startswith("|")][2:]


def test_every_file_and_room_that_it_names_exists() -> None:
    named = _NAMED.findall(TEXT)
    assert len(named) > 80
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_table_of_changes_has_at_least_thirty_rows_each_with_a_file() -> None:
    rows = _rows("To change X, open Y")
    assert len(rows) >= 30
    for row in rows:
        assert any((ROOT / name).is_file() for name in _NAMED.findall(row)), row


def test_every_room_of_the_product_is_in_the_table_of_rooms() -> None:
    rooms = {name.rstrip("/") for row in _rows("The rooms") for name in _NAMED.findall(row)}
    packages = {
        f"provenance/{path.name}" for path in (ROOT / "provenance").iterdir() if (path / "__init__.py").is_file()
    }
    assert packages - rooms <= {"provenance/ingest", "provenance/notebook", "provenance/demo"}
