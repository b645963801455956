"""Cached documents: the same answer the second time, and the limits apply each time."""

from __future__ import annotations

from graphql import parse
from provenance.service.graphql.base.known_documents import KnownDocuments
from tests.provenance.service.graphql.conftest import Served

COSTLY = """
query Again($n: Int!) {
  search(where: {}, first: $n) { edges { node { flows(first: $n) { totalCount edges { node { id } } } } } }
}
"""


def test_the_cost_of_a_cached_document_is_computed_each_time(served: Served) -> None:
    for _ in range(2):
        assert len(served.ask(COSTLY, n=3)["search"]["edges"]) == 3
        assert served.error_of(COSTLY, n=1_000)["extensions"]["code"] == "TOO_COSTLY"
        assert served.error_of(COSTLY, n="x")["extensions"]["code"] == "GRAPHQL_INVALID"


def test_an_invalid_document_stays_invalid(served: Served) -> None:
    for _ in range(2):
        assert served.error_of("{ nothing }")["extensions"]["code"] == "GRAPHQL_INVALID"
        assert served.error_of("{ hosts { totalCount }")["extensions"]["code"] == "GRAPHQL_INVALID"


def test_the_cache_is_limited_in_number_and_length() -> None:
    known, document = KnownDocuments(), parse("{ __typename }")
    for number in range(300):
        known.add(f"text {number}", document)
    known.add("x" * 30_000, document)
    assert known.get("text 0") is None
    assert known.get("text 299") is document
    assert known.get("x" * 30_000) is None
    assert known.get(None) is None
