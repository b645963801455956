"""The service answers every request: at worst with a client error, never with a server error."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, strategies

from graphql import build_schema
from provenance.service.graphql.schema import schema_text
from tests.provenance.service.graphql.conftest import OPERATIONS, Served

LIKELY = {
    r"\bID\b": "Id",
    r"\bString\b(?=[^!]* = null)": "Word",
    r"(first|minutes|depth|breadth|buckets|nodes|edges): Int": r"\1: Amount",
}
"""Types of arguments of which most values would only be refused: in the schema that queries are made of, scalars of their
own, with values of which many mean something."""


def likely() -> str:
    """The published schema with those scalars."""
    text = schema_text()
    for pattern, put in LIKELY.items():
        text = re.sub(pattern, put, text)
    return text + "scalar Id\nscalar Word\nscalar Amount\n"


SCHEMA = build_schema(likely())
IDS = ["p156e4d6df08fa4a5", "n638d17b8361ce870", "host:web01", "web01/1795490938.271:6384", "p0000000000000000", "x"]
IDS.append("EXECUTED-p6d0ae3d5e8bb6a5f-p156e4d6df08fa4a5")
QUICK = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TEXTS = ["web01", "/tmp/3333", "bash -i", "198.51.100.45", "\\xff", "", "*", "[", "(", "a+", "\\", "\u202e", "x" * 300]
TIMES = ["2026-11-24T03:28:58.271Z", "1795490938.271", "0", "now", "2026-11-24T03:28:58+05:00"]
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "Text": (st.sampled_from(TEXTS) | st.text(max_size=20)).map(nodes.String),
    "Pattern": st.sampled_from(TEXTS).map(nodes.String),
    "Time": st.sampled_from(TIMES).map(nodes.String),
    "Id": st.sampled_from(IDS).map(nodes.String),
    "Word": st.sampled_from(["198.51.100.45", "WzFd", "own", "x"]).map(nodes.String) | st.just(nodes.Null),
    "Amount": st.sampled_from([1, 2, 5, 20, 0]).map(nodes.Int),
    "BigInt": (st.integers(-2, 70_000) | st.integers()).map(nodes.Int),
}
OPERATION_TEXTS = [
    path.read_text("utf-8")
    for path in sorted(OPERATIONS.glob("*.graphql"))
    if "subscription" not in path.read_text("utf-8")
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(TEXTS + TIMES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
CODES = {"BAD_INPUT", "AMBIGUOUS", "NOT_FOUND", "TOO_COSTLY", "FORBIDDEN", "CONFLICT", "GRAPHQL_INVALID", "OUT_OF_TIME"}


def check(served: Served, body: Any, token: str | None = None) -> None:
    headers = {"Authorization": f"Bearer {token or served.analyst}", "Content-Type": "application/json"}
    answer = served.http.post(served.url, content=json.dumps(body), headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        for error in answer.json().get("errors", ()):
            assert error["extensions"]["code"] in CODES, error


@QUICK
@given(query=strategies.queries(SCHEMA, custom_scalars=KNOWN))
def test_queries_of_the_schema(served: Served, query: str) -> None:
    check(served, {"query": query})


@QUICK
@given(mutation=strategies.mutations(SCHEMA, custom_scalars=KNOWN))
def test_mutations_of_the_schema(served: Served, mutation: str) -> None:
    check(served, {"query": mutation})


@QUICK
@given(query=st.sampled_from(OPERATION_TEXTS), data=st.data())
def test_operations_with_any_variables(served: Served, query: str, data: st.DataObject) -> None:
    names = [part.split(":")[0] for part in query.split("$")[1:] if ":" in part.split(")")[0]]
    variables = {name.strip(): data.draw(VALUES) for name in names if name.strip().isidentifier()}
    check(served, {"query": query, "variables": variables})


@QUICK
@given(body=VALUES | st.fixed_dictionaries({"query": VALUES}, optional={"variables": VALUES, "operationName": VALUES}))
def test_bodies_of_any_shape(served: Served, body: Any) -> None:
    check(served, body)


@QUICK
@given(query=st.text(max_size=60) | st.text('{}()[]:!$@..."#, abc01\\u', max_size=60))
def test_documents_of_any_text(served: Served, query: str) -> None:
    check(served, {"query": query})
