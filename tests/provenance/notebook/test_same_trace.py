"""Tables, network and subgraph hold exactly the entities and edges of the trace."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from provenance import notebook
from provenance.ingest.clock import LAST
from provenance.ingest.facts import FlowKind, Name
from provenance.ingest.identity import EntityKind
from provenance.render.as_json import trace_json
from provenance.store.interface import Direction, EventKey, Node
from provenance.text.event_key import parse_event
from provenance.trace.result import Slice, Trace, TraceEdge
from tests.provenance.store.neo4j.servers import LINES, running

HOSTILE = "\udcff\x00\u202e'`"
WHY = "the extra `notebook` is not installed"


def hostile() -> Trace:
    """Two entities whose names are meant to break something, one that loops, and a bound that is no time."""
    process = Node(-5, EntityKind.PROCESS, HOSTILE, 1 << 60, {"pid": 1 << 70, "command": HOSTILE, "argv": [HOSTILE]})
    file = Node(7, EntityKind.FILE, HOSTILE, 1 << 60, {"path": HOSTILE}, (Name(7, HOSTILE, 1 << 60, 1 << 60),))
    event = (EventKey(HOSTILE, 1_099_511_627_776, 3),)
    edges = (
        TraceEdge("READ-f-p", FlowKind.READ, 7, -5, 1 << 60, (1 << 60) + 1, 2, event),
        TraceEdge("SIGNALLED-p-p", FlowKind.SIGNALLED, -5, -5, 1 << 60, 1 << 60, 1, event, 0.5),
    )
    bounds = {-5: LAST, 7: 1 << 60}
    return Trace(Slice(Direction.BACKWARD, (-5,), None, bounds, {-5: process, 7: file}, edges, None), {})


@pytest.fixture(params=["incident", "hostile", "empty"])
def trace(request: pytest.FixtureRequest, back: Trace) -> Trace:
    if request.param == "empty":
        return Trace(Slice(Direction.FORWARD, (), None, {}, {}, (), None), {})
    return back if request.param == "incident" else hostile()


def test_tables(trace: Trace) -> None:
    pytest.importorskip("pandas", reason=WHY)
    known = trace_json(trace)
    edges, nodes = notebook.edges(trace), notebook.nodes(trace)
    assert [row["id"] for _, row in nodes.iterrows()] == [node["id"] for node in known["nodes"]]
    assert [row["id"] for _, row in edges.iterrows()] == [edge["id"] for edge in known["edges"]]
    labels = {node["id"]: node["label"] for node in known["nodes"]}
    for (_, row), edge in zip(edges.iterrows(), known["edges"], strict=True):
        assert (row["source_label"], row["target_label"]) == (labels[edge["source"]], labels[edge["target"]])
        assert f"{row['first']:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z" == edge["first"]
        assert [parse_event(text).serial for text in row["evidence"]] == [event["serial"] for event in edge["evidence"]]


def test_a_network(trace: Trace) -> None:
    pytest.importorskip("networkx", reason=WHY)
    known = trace_json(trace)
    network = notebook.network(trace)
    assert {(*ends, kind) for *ends, kind in network.edges(keys=True)} == {
        (edge["source"], edge["target"], edge["kind"]) for edge in known["edges"]
    }
    assert {id: network.nodes[id]["label"] for id in network} == {node["id"]: node["label"] for node in known["nodes"]}
    assert (
        network.number_of_edges() == len(known["edges"]) and network.graph["direction"] == known["query"]["direction"]
    )


def test_a_subgraph(trace: Trace) -> None:
    pytest.importorskip("py2neo", reason=WHY)
    known = trace_json(trace)
    subgraph = notebook.subgraph(trace)
    assert {node["id"] for node in subgraph.nodes} == {node["id"] for node in known["nodes"]}
    assert {(type(run).__name__, run.start_node["id"], run.end_node["id"]) for run in subgraph.relationships} == {
        (edge["kind"], edge["source"], edge["target"]) for edge in known["edges"]
    }


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("which", ["incident", "hostile"])
def test_py2neo_writes_it_to_a_server_and_reads_it_back(line: str, which: str, small: Trace) -> None:
    py2neo = pytest.importorskip("py2neo", reason=WHY)
    server = running(line)
    graph = py2neo.Graph(server.uri, auth=tuple(server.credentials.read_text("utf-8").splitlines()[:2]))
    case = f"test-{secrets.token_hex(6)}"
    written = notebook.subgraph(small if which == "incident" else hostile(), case)
    try:
        graph.create(written)
        found = graph.run("MATCH (n:Entity {case: $case})-[r]-() RETURN n, r", case=case).to_subgraph()
        assert entities(found) == entities(written)
        assert runs(found) == runs(written)
    finally:
        graph.run("MATCH (n:Entity {case: $case}) DETACH DELETE n", case=case)


def entities(subgraph: Any) -> dict[str, Any]:
    return {node["id"]: (set(node.labels), dict(node)) for node in subgraph.nodes}


def runs(subgraph: Any) -> dict[tuple[str, str, str], Any]:
    return {(type(run).__name__, run.start_node["id"], run.end_node["id"]): dict(run) for run in subgraph.relationships}
