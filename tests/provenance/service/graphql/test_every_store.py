"""A service on a Neo4j server gives the same answers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from provenance.store import open_store
from provenance.store.neo4j import Neo4jStore
from provenance.transfer.copy import copy
from tests.provenance.service.graphql.conftest import Served, serving
from tests.provenance.service.graphql.questions import BACKWARD, START
from tests.provenance.store.neo4j.servers import running

SHELL, PEER, SCRIPT = "p156e4d6df08fa4a5", "n638d17b8361ce870", {"path": "/tmp/shell.sh"}
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("hosts", {}),
    ("search", {"where": {"text": "bash"}, "first": 50}),
    ("search", {"where": {"pathPrefix": "/tmp/"}, "first": 50}),
    ("search", {"where": {"user": "0", "kinds": ["PROCESS"]}, "first": 50}),
    ("search", {"where": SCRIPT}),
    ("entity", {"id": SHELL}),
    ("entity", {"id": PEER}),
    ("neighbours", {"id": SHELL, "first": 50}),
    ("neighbours", {"id": SHELL, "side": "OUTGOING", "since": "2026-11-24T03:29:10Z"}),
    ("evidence", {"id": SHELL, "first": 50}),
    ("process-tree", {"process": SHELL, "depth": 8}),
    ("trace", BACKWARD),
    ("trace", {"direction": "FORWARD", "start": {"id": SHELL}}),
    ("trace-graph", {"direction": "BACKWARD", "start": START, "at": BACKWARD["at"]}),
    ("timeline", {**BACKWARD, "first": 100}),
    ("way", {"source": PEER, "target": SHELL}),
]


@pytest.fixture
def on_server(served: Served) -> Iterator[Served]:
    server = running("lts")
    store = open_store(f"{server.uri}?case=test-{secrets.token_hex(6)}", credentials=server.credentials)
    assert isinstance(store, Neo4jStore)
    copy(served.store, store)
    with serving(store, work=False) as other:
        yield other
    store.drop()
    store.close()


def test_a_server_answers_the_same(on_server: Served, served: Served) -> None:
    different = [
        (name, variables)
        for name, variables in QUESTIONS
        if on_server.run(name, **variables) != served.run(name, **variables)
    ]
    assert different == []
    counted = [side.run("statistics", host="web01", kinds=["EXECUTED", "READ"]) for side in (on_server, served)]
    assert counted[0]["histogram"] == counted[1]["histogram"] != []
