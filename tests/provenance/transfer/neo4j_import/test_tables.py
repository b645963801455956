"""Fields round-trip, and values that no column can hold are stored as JSON."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provenance.ingest.identity import EntityKind
from provenance.model import NODE_OF
from provenance.store.neo4j.attributes import join
from provenance.store.neo4j.text import pack_json
from provenance.transfer.neo4j_import.nodes import fitting
from provenance.transfer.neo4j_import.tables import ARRAY_DELIMITER, Column, Table, Tables, listable
from tests.provenance.store.generated import text

quick = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
utf8 = st.text(st.characters(exclude_categories=["Cs"]))
values = (
    st.none() | st.booleans() | st.integers() | text | st.lists(text, max_size=3) | st.lists(st.integers(), max_size=2)
)


def field(folder: Path, type: str, value: Any) -> tuple[str, str]:
    """A value as written to the file, and as read by a CSV reader."""
    table = Table(folder, "some", "nodes=Some", [Column("n", "long"), Column("value", type)])
    table.write({"n": 1, "value": value})
    table.close()
    content = (folder / "some.csv").read_bytes().decode("utf-8")
    ((one, read),) = csv.reader(io.StringIO(content, newline=""), strict=True)
    assert one == "1" and content.endswith("\n")
    return content[2:-1], read


@quick
@given(value=utf8)
@example('"')
@example("\r")
@example("a\r\nb\x00")
def test_text_round_trips(tmp_path: Path, value: str) -> None:
    raw, read = field(tmp_path, "string", value)
    assert read == value and raw.startswith('"') and raw.endswith('"')


@quick
@given(value=st.binary(min_size=1))
def test_bytes_round_trip(tmp_path: Path, value: bytes) -> None:
    _, read = field(tmp_path, "byte[]", value)
    assert bytes(int(number) & 0xFF for number in read.split(ARRAY_DELIMITER)) == value


@quick
@given(value=st.lists(utf8, max_size=4))
def test_a_list_in_a_field_round_trips(tmp_path: Path, value: list[str]) -> None:
    if listable(value):
        assert field(tmp_path, "string[]", value)[1].split(ARRAY_DELIMITER) == value
    else:
        assert value in ([], [""]) or any(ARRAY_DELIMITER in item for item in value)


def test_null_differs_from_an_empty_text(tmp_path: Path) -> None:
    assert field(tmp_path, "string", "")[0] == '""'
    assert field(tmp_path, "string", None)[0] == field(tmp_path, "byte[]", b"")[0] == ""
    assert (tmp_path / "some-header.csv").read_text() == "n:long,value:byte[]\n"


@pytest.mark.parametrize(("value", "multiline"), [("a b", False), ("a\nb", True), ("a\rb", True)])
def test_fields_with_newlines_are_declared(tmp_path: Path, value: str, multiline: bool) -> None:
    tables = Tables(tmp_path, 'case "x"')
    tables.nodes("Entity:Process", [Column("command")]).write({"command": value})
    tables.close()
    (table,) = tables
    assert table.multiline is multiline and table.what == "nodes=Entity:Process"
    assert (tmp_path / "node-process-header.csv").read_text() == "case:string,command:string\n"
    with (tmp_path / "node-process.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [['case "x"', value]]


@quick
@given(data=st.data(), kind=st.sampled_from(EntityKind))
def test_attributes_of_any_type_round_trip(data: st.DataObject, kind: EntityKind) -> None:
    names = [item.name for item in NODE_OF[kind].properties] + ["other"]
    attributes = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=6))
    columns, exact = fitting(kind, attributes)
    assert join(columns | {"exact": pack_json(exact)}) == attributes
    assert all(listable(value) for value in columns.values() if type(value) is list)
