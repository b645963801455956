"""docs/semantics.md names every kind of edge and entity."""

from __future__ import annotations

import re

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind, format_id
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "semantics.md").read_text("utf-8")


def test_the_table_of_edges_has_every_kind() -> None:
    table = TEXT.partition("\n## Edges\n")[2].partition("\n### Runs\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    named = [kind for row in rows for kind in re.findall(r"[A-Z]+_?[A-Z]+", row)]
    assert sorted(named) == sorted(FlowKind.__members__)


def test_the_letters_of_ids_are_those_of_the_kinds() -> None:
    letters = re.findall(r"`(\w)`", TEXT.partition("Its printed form")[2].partition("hexadecimal")[0])
    assert letters == [format_id(kind, 0)[0] for kind in EntityKind]
