"""Every statement has a complete header, and there are no statements outside of cypher/."""

from __future__ import annotations

import re

import pytest

from provenance.ingest.facts import FlowKind
from provenance.store.neo4j.statements import migrations
from provenance.store.statements import folder
from tests.conftest import ROOT
from tests.cypher.files import FIELDS, FOLDER, NAMES, load

CYPHER = re.compile(
    r"\b(?:OPTIONAL )?MATCH\s*\(|\bMERGE\s*\(|\bUNWIND\s+\$|\bDETACH\s+DELETE\b|\bDROP INDEX \$"
    r"|\bCREATE (?:CONSTRAINT|INDEX) \w+ IF NOT|\bDROP (?:CONSTRAINT|INDEX) \$?\w+ IF EXISTS"
    r"|\bFOR \(\w+:|\bRETURN \w+\.\w+ AS\b|\bCALL (?:db|dbms|apoc)\."
    r"|(?i:\b(?:match|merge|create)\s*\(\w*:\w|\bmatch\s+\(\w*\)\s*(?:return|where|set|detach|<?-)|\bunwind\s+\$)"
)
SOURCES = sorted(
    path
    for place in ("provenance", "ingest", "script")
    for path in (ROOT / place).rglob("*")
    if path.is_file() and path.suffix in {"", ".py", ".sh"} and "_data" not in path.parts
)


@pytest.mark.parametrize("name", NAMES)
def test_a_header_has_purpose_parameters_result_and_index(name: str) -> None:
    statement = load(name)
    first = statement.header.split("\n")[0]
    assert first and not first.startswith(FIELDS)
    fields = FIELDS[:2] if re.match(r"schema/\d", name) else FIELDS
    if not statement.full_scan and not name.startswith("schema/"):
        assert all(f"\n{field}: " in statement.header for field in fields)
    for field in FIELDS[:2]:
        assert f"\n{field}: " in statement.header
    declared = statement.declared()
    assert {used for used in statement.parameters() if not re.search(rf"\b{used}\b", declared)} == set()


def test_headers_name_indexes_of_the_schema() -> None:
    made = {name for step in migrations() for one in step for name in re.findall(r"\bprov_\w+", load(one).body)}
    named = {(name, index) for name in NAMES for index in re.findall(r"\bprov_\w+", load(name).header)}
    assert len(named) > 50
    assert {(name, index) for name, index in named if index not in made} == set()


def test_hints_are_indexes_of_the_header() -> None:
    made = "\n".join(load(one).body for step in migrations() for one in step)
    keys: dict[tuple[str, str], set[str]] = {}
    for index, label, rest in re.findall(r"(prov_\w+) IF NOT EXISTS FOR \(n:(\w+)\)(.*)", made):
        keys.setdefault((label, ", ".join(re.findall(r"n\.(\w+)", rest))), set()).add(index)
    for name in NAMES:
        statement = load(name)
        for hint in re.findall(r"USING INDEX SEEK \w+:(\w+)\(([\w, ]+)\)", statement.body):
            assert keys[hint] & set(re.findall(r"\bprov_\w+", statement.header)), (name, hint)


@pytest.mark.parametrize("name", NAMES)
def test_one_statement_per_file(name: str) -> None:
    body = load(name).body
    assert body.strip() and ";" not in re.sub(r"'[^']*'", "", body)


@pytest.mark.parametrize("name", NAMES)
def test_lists_of_types_name_every_kind_of_flow(name: str) -> None:
    for listed in re.findall(r":((?:[A-Z_]+\|\s*)+[A-Z_]+)\]", load(name).body):
        kinds = re.split(r"\|\s*", listed)
        if len(kinds) > 12:
            assert kinds == [kind.name for kind in FlowKind]


def test_no_statement_in_the_source() -> None:
    assert len(SOURCES) > 50
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in SOURCES
        for match in CYPHER.finditer(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert found == set()


def test_the_pattern_matches_every_statement() -> None:
    assert [name for name in NAMES if not CYPHER.search(load(name).body)] == ["schema/await"] or all(
        CYPHER.search(load(name).body) for name in NAMES
    )


@pytest.mark.parametrize(
    "text",
    [
        "MATCH (n) RETURN n",
        "match (n:Entity {id: $id}) return n",
        "match (n)-[r]->() return r",
        "unwind $rows as row\nmerge (n:Entity {id: row.id})",
        "CREATE (:Entity)",
        "OPTIONAL MATCH (a) DETACH DELETE a",
        "CALL db.labels()",
    ],
)
def test_the_pattern_matches_other_statements(text: str) -> None:
    assert CYPHER.search(f'run("""{text}""")')


def test_the_program_reads_the_same_files() -> None:
    assert sorted(entry.name for entry in folder().iterdir()) == sorted(entry.name for entry in FOLDER.iterdir())
    assert [name for step in migrations() for name in step] == [n for n in NAMES if re.match(r"schema/\d", n)]
