"""The number of store calls of an operation depends on its depth, not on the number of entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store import open_store
from tests.provenance.service.graphql.conftest import OPERATIONS, Served, serving
from tests.provenance.service.graphql.questions import BACKWARD, SUBMITTED

DEEP = """
query Deep($where: SearchInput!, $first: Int!) {
  search(where: $where, first: $first) {
    edges {
      node {
        host { name blind { why } }
        notes(first: 5) { totalCount }
        evidence(first: 2) { edges { node { lines source } } }
        flows(first: 5) { edges { node { source { label host { name } } target { label notes(first: 1) { totalCount } } } } }
        ... on Process {
          parent { label parent { label } }
          children(first: 5) { edges { node { label children(first: 2) { totalCount } } } }
          incarnation { id }
        }
      }
    }
  }
}
"""


@dataclass(frozen=True)
class Counting:
    """A service whose store counts its calls."""

    served: Served
    store: WatchedStore

    def calls(self, query: str, **variables: Any) -> Counter[str]:
        """The calls of an operation that must succeed."""
        self.store.calls.clear()
        self.served.ask(query, **variables)
        found = Counter(self.store.calls)
        found.pop("documents", None)
        return found

    def of(self, name: str, **variables: Any) -> Counter[str]:
        """The calls of a published operation."""
        return self.calls((OPERATIONS / f"{name}.graphql").read_text("utf-8"), **variables)


@pytest.fixture(scope="module")
def counting(incident: Path) -> Iterator[Counting]:
    store = open_store(str(incident), create=False)
    counted = WatchedStore(store, Brake(None))
    with serving(counted, work=False) as served:
        yield Counting(served, counted)
    store.close()


def test_more_entities_need_no_more_store_calls(counting: Counting) -> None:
    where = {"kinds": ["PROCESS"], "command": "python"}
    few = counting.calls(DEEP, where=where, first=2)
    many = counting.calls(DEEP, where=where, first=40)
    assert many.total() <= few.total() + 2
    assert many["find"] == many["hosts"] == many["blinds"] == 1
    assert many["expand"] <= 6
    assert many["nodes"] <= 8
    assert many["raw"] == 1
    assert many["notes"] <= 2


def test_a_tree_needs_two_store_calls_a_level(counting: Counting) -> None:
    root = counting.served.ask('{ search(where: {command: "while true"}, first: 100) { edges { node { id } } } }')
    ids = [edge["node"]["id"] for edge in root["search"]["edges"]]
    sizes = {}
    for id in ids[:3]:
        rows = counting.served.run("process-tree", process=id, depth=4, breadth=100)["processTree"]["rows"]
        calls = counting.of("process-tree", process=id, depth=4, breadth=100)
        sizes[len(rows)] = calls.total()
        assert calls.total() <= 2 * 5 + 1
    assert max(sizes) > 100, "the loop of the background noise has many children"


def test_pages_of_a_trace_are_one_walk(counting: Counting) -> None:
    first = counting.of("trace", **BACKWARD)
    assert first["expand"] > 2
    page = counting.of("trace-graph", **BACKWARD)
    assert page["expand"] == 0
    assert page["nodes"] == 0, "what a trace names is known"


def test_many_ids_are_read_at_once(counting: Counting) -> None:
    found = counting.served.ask("{ search(where: {kinds: [FILE]}, first: 60) { edges { node { id } } } }")
    ids = [edge["node"]["id"] for edge in found["search"]["edges"]]
    calls = counting.calls("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert calls == Counter({"nodes": 1})


def test_triage_of_many_alerts_is_read_in_one_call(incident: Path) -> None:
    store = open_store(str(incident), create=False)
    counted = WatchedStore(store, Brake(None))
    with serving(counted, work=False) as served:
        bodies = ",".join(SUBMITTED.replace("1001", f"9{number:03}") for number in range(30))
        served.run("submit-alerts", served.analyst, body=f"[{bodies}]")
        counted.calls.clear()
        served.run("alerts", first=1)
        one = counted.calls["documents"]
        counted.calls.clear()
        found = served.run("alerts", first=30)
        assert len(found["alerts"]["edges"]) == 30
        assert counted.calls["documents"] == one
    store.close()


def test_more_paths_need_no_more_reads_of_entities(counting: Counting) -> None:
    found = counting.served.run("trace", **BACKWARD)["trace"]
    ends = {"from": found["entries"][0]["entity"]["id"], "to": found["start"][0]["id"]}
    one, many = counting.of("paths", **ends, first=1), counting.of("paths", **ends, first=20)
    assert many == one
    assert many["nodes"] <= 4  # both ends, the peers that a path may lead through, the ends of its flows
