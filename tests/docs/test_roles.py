"""The script of roles: a server parses each of its statements, and they cover everything that the program's statements do.

The edition that the tests run does not execute such statements. But its error for a statement that the edition lacks differs
from that for invalid syntax, and this is what the test looks at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import ClientError

from provenance.ingest.facts import FlowKind
from provenance.model import NODES
from tests.conftest import ROOT
from tests.cypher.files import NAMES, load
from tests.provenance.store.neo4j.servers import LINES, running

SCRIPT = (ROOT / "docs" / "roles.cypher").read_text("utf-8")
STATEMENTS = [
    text.strip()
    for text in "\n".join(line for line in SCRIPT.splitlines() if not line.startswith("//")).split(";")
    if text.strip()
]
READING = ("read/", "find/", "trace/", "hunt/", "report/", "retention/window", "schema/version", "schema/holder")
LABELS = re.compile(r"(?<=[\w(]):((?:[A-Z]\w*)(?:\|[A-Z]\w*)*)")
"""Labels, and types in upper case, where a pattern names them."""


@pytest.fixture(scope="module", params=LINES)
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    server = running(request.param)
    user, password = server.credentials.read_text("utf-8").splitlines()[:2]
    with GraphDatabase.driver(server.uri, auth=(user, password)) as driver:
        yield driver


def refusal(driver: Driver, statement: str) -> str:
    with driver.session(database="system") as session, pytest.raises(ClientError) as caught:
        session.run(f"EXPLAIN {statement}").consume()
    return str(caught.value.code).rpartition(".")[2]


def test_a_server_reads_every_statement(driver: Driver) -> None:
    assert len(STATEMENTS) > 10
    assert {statement: refusal(driver, statement) for statement in STATEMENTS} == dict.fromkeys(
        STATEMENTS, "UnsupportedAdministrationCommand"
    )


def test_that_check_sees_a_mistake(driver: Driver) -> None:
    assert refusal(driver, "GRANT MATCHES {*} ON GRAPH neo4j NODES Entity TO provenance_reader") == "SyntaxError"


def named(words: str, role: str) -> set[str]:
    """What the statements that begin with some words grant a role something on."""
    found: set[str] = set()
    for statement in STATEMENTS:
        if statement.startswith(words) and statement.endswith(f"TO {role}"):
            found |= set(re.findall(r"\w+", statement.removeprefix(words).removesuffix(f"TO {role}")))
    return found


def used(*names: str) -> set[str]:
    """The labels that statements name."""
    bodies = (re.sub(r"'[^']*'", "", load(name).body) for name in names)
    labels = {label for body in bodies for match in LABELS.finditer(body) for label in match[1].split("|")}
    return {label for label in labels if not label.isupper()}


def test_a_reader_sees_all_that_is_read() -> None:
    readable = named("GRANT MATCH {*} ON GRAPH neo4j NODES", "provenance_reader")
    reading = [name for name in NAMES if name.startswith(READING)]
    assert used(*reading) <= readable and len(used(*reading)) > 10
    assert "Document" not in readable, "tokens' digests are none of a reader's business"


def test_a_writer_may_change_all_that_is_changed() -> None:
    changed = named("GRANT CREATE ON GRAPH neo4j NODES", "provenance_writer")
    labels = named("GRANT SET LABEL", "provenance_writer") - {"ON", "GRAPH", "neo4j"}
    assert labels == {"Entity", *(model.label for model in NODES), "Pinned", "Needed"} <= changed
    everything = used(*(name for name in NAMES if not re.match(r"schema/\d", name)))
    assert everything <= changed and len(everything) > 15
    assert changed == named("GRANT MATCH {*} ON GRAPH neo4j NODES", "provenance_writer")
    assert changed == named("GRANT DELETE ON GRAPH neo4j NODES", "provenance_writer")
    assert changed == named("GRANT SET PROPERTY {*} ON GRAPH neo4j NODES", "provenance_writer")


@pytest.mark.parametrize("words", ["GRANT MATCH {*}", "GRANT CREATE", "GRANT DELETE", "GRANT SET PROPERTY {*}"])
def test_every_kind_of_flow_is_named(words: str) -> None:
    for role in ("provenance_reader", "provenance_writer")["MATCH" not in words :]:
        kinds = named(f"{words} ON GRAPH neo4j RELATIONSHIPS", role)
        assert {kind.name for kind in FlowKind} | {"NAMES", "ABOUT", "IN"} == kinds
