"""The guide for Neo4j Browser: its statements run as pasted and return its tables; its drawing and styles match the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any, NamedTuple

import pytest
from neo4j.graph import Node
from neo4j.time import DateTime

from provenance.model import EDGES, NODE_OF, NODES
from tests.conftest import ROOT
from tests.cypher.cases import Case
from tests.cypher.files import load

GUIDE = (ROOT / "docs" / "neo4j-browser.md").read_text("utf-8")
STYLES = (ROOT / "docs" / "browser.grass").read_text("utf-8")
STEPS = re.split(r"^## \d+\. ", GUIDE, flags=re.MULTILINE)[1:]
STATEMENT = re.compile(r"Paste \[((?:trace|hunt|report)/\w+)\]\(\.\./cypher/\1\.cypher\)")
ARROW = re.compile(r"^ +(\w+) -->\|([A-Z_, ]+)\| (\w+)$", re.MULTILINE)


class Step(NamedTuple):
    """The input of a step, and its expected output: the number of rows, and some of them."""

    parameters: dict[str, str]
    statement: str
    amount: int
    columns: list[str]
    rows: list[list[str]]


def step(text: str) -> Step:
    """A step of the guide. It has one statement, in a block or as a file, and one table."""
    blocks = re.findall(r"^```cypher\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    given = [re.fullmatch(r":param (\w+) => (.+)", line) for line in lines if line.startswith(":")]
    typed = [block for block in blocks if not block.startswith(":")] + [
        load(name).body for name in STATEMENT.findall(text)
    ]
    (statement,) = typed
    amount = re.search(r"\b(\d+) rows?\b", text)
    assert amount is not None and None not in given
    cells = [_cells(line) for line in text.splitlines() if line.startswith("|")]
    return Step({found[1]: found[2] for found in given if found}, statement, int(amount[1]), cells[0], cells[2:])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def shown(row: Mapping[str, Any], column: str) -> str:
    """A value as the guide writes it: times to the millisecond, lists in order, nothing for null."""
    name, _, property = column.partition(".")
    value = row[name]
    if isinstance(value, Node):
        value = value.get(property)
    if isinstance(value, DateTime):
        return value.to_native().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, list):
        return ", ".join(sorted(map(str, value)))
    return "" if value is None else str(value)


def test_the_ten_statements_return_the_tables_of_the_guide(seed: Case) -> None:
    parameters: dict[str, Any] = {}
    assert len(STEPS) == 10
    for text in STEPS:
        typed = step(text)
        for name, expression in typed.parameters.items():
            (computed,) = seed.records(f"RETURN {expression} AS value")
            parameters[name] = computed["value"]
        found = seed.records(typed.statement, **{**parameters, "case": seed.name})
        assert len(found) == typed.amount, text.splitlines()[0]
        seen = [[shown(row.data() | dict(row), column) for column in typed.columns] for row in found]
        for row in typed.rows:
            assert row in seen, text.splitlines()[0]
    assert parameters["case"] == "web01"


def test_the_texts_between_the_statements_are_correct(seed: Case) -> None:
    at = step(STEPS[2]).parameters
    start = seed.records(f"RETURN {at['start']} AS value")[0]["value"]
    came = [
        row for row in seed.ask("trace/whole_backward", start=start) if row["way_in"] in ("came in", "was contacted")
    ]
    assert {row["entity"]["ip"] for row in came} == {"198.51.100.23", "198.51.100.45", "10.77.0.77"}
    at = step(STEPS[3]).parameters
    given = {name: seed.records(f"RETURN {at[name]} AS value")[0]["value"] for name in at}
    (row,) = seed.ask("trace/shortest_path", **given)
    assert [run.type for run in row["path"].relationships] == ["ACCEPTED", "PIPED", "PIPED", "EXECUTED"]
    start = seed.records(f"RETURN {step(STEPS[5]).parameters['start']} AS value")[0]["value"]
    assert not any(row["moves_to"] for row in seed.ask("trace/whole_forward", start=start))
    called = [row for row in seed.ask("report/addresses_contacted", start=start) if "CONNECTED" in row["kinds"]]
    assert {(row["ip"], str(row["port"])) for row in called} >= {tuple(row[1:3]) for row in step(STEPS[9]).rows}


def test_the_drawing_matches_the_model() -> None:
    drawn = {(source, kind, target) for source, kinds, target in ARROW.findall(GUIDE) for kind in kinds.split(", ")}
    labels = {kind: node.label for kind, node in NODE_OF.items()}
    for edge in EDGES:
        sources, targets = ({labels[kind] for kind in ends} for ends in (edge.sources, edge.targets))
        arrows = {(source, target) for source, kind, target in drawn if kind == edge.kind.name}
        assert {source for source, _ in arrows} == sources, edge.kind.name
        assert {target for _, target in arrows} == targets, edge.kind.name
    assert {kind for _, kind, _ in drawn} == {edge.kind.name for edge in EDGES}


def test_every_node_has_a_style_with_its_own_caption() -> None:
    rules = re.findall(r"^(\w+)(?:\.(\w+))? \{\n((?:  [a-z-]+: [^;\n]+;\n)+)\}$", STYLES, re.MULTILINE)
    assert len(rules) == STYLES.count("{\n") == STYLES.count("}\n")
    styled = {name: body for what, name, body in rules if what == "node" and name}
    assert styled.keys() == {node.label for node in NODES}
    for node in NODES:
        caption = re.search(r"caption: '\{(\w+)\}'", styled[node.label])
        assert caption is not None and caption[1] in {known.name for known in node.properties}
    assert {name for what, name, _ in rules if what == "relationship" and name} <= {edge.kind.name for edge in EDGES}


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.label)
def test_the_guide_lists_the_captions_to_set(node: Any) -> None:
    caption = re.search(rf"node\.{node.label} \{{.*?caption: '\{{(\w+)\}}'", STYLES, re.DOTALL)
    assert caption is not None
    assert node.label == "Pipe" or re.search(rf"of `{node.label}`\s+to\s+`{caption[1]}`", GUIDE)
