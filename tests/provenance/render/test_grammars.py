"""Hostile names in every format: the output is valid, and no character of it acts on a terminal."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree

import pydot
import pytest

from provenance.errors import UsageError
from provenance.render.formats import FORMATS
from provenance.render.lines import WIDTH
from provenance.store.interface import EventKey
from provenance.text.escape import width
from provenance.text.event_key import format_event, parse_event
from provenance.trace.result import Trace

GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


def rendered(trace: Trace, format: str) -> str:
    out = io.StringIO()
    FORMATS[format](trace, out)
    return out.getvalue()


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_nothing_but_printable_text_and_line_breaks(sample: tuple[str, Trace], format: str) -> None:
    text = rendered(sample[1], format)
    assert text.replace("\n", "").isprintable()
    assert text.endswith("\n")


def test_json_follows_the_contract(break_in_trace: Trace) -> None:
    document = json.loads(rendered(break_in_trace, "json"))
    assert document["format"] == "provenance-trace/1"
    assert list(document)[:9] == ["format", "query", "nodes", "edges", "entries", "chain", "hosts", "decoded", "blind"]
    assert document["query"]["direction"] == "backward"
    assert document["truncated"] is None
    known = {node["id"] for node in document["nodes"]}
    assert len(known) == len(break_in_trace.slice.nodes)
    for edge in document["edges"]:
        assert {edge["source"], edge["target"]} <= known
        assert all(set(event) == {"host", "time", "serial"} for event in edge["evidence"])
    process = next(node for node in document["nodes"] if node["label"] == "bash -i")
    assert {"pid", "ppid", "command", "argv", "exe", "cwd", "uid", "auid", "ses", "start", "end", "bound"} <= set(
        process
    )
    assert process["start"] == process["bound"] == "2026-11-24T03:28:53.300Z"
    assert next(node for node in document["nodes"] if node["kind"] == "file" and len(node["paths"]) == 2)


def test_json_gives_bytes_back(hostile_trace: Trace) -> None:
    document = json.loads(rendered(hostile_trace, "json"))
    command = next(node["command"] for node in document["nodes"] if node["kind"] == "process")
    assert command.encode("utf-8", "surrogateescape").endswith(b"|\xff\x00end #quot;")


def test_graphml_is_xml_with_every_node_and_edge(sample: tuple[str, Trace]) -> None:
    trace = sample[1]
    root = ElementTree.fromstring(rendered(trace, "graphml"))
    nodes = {node.get("id") for node in root.iter(f"{GRAPHML}node")}
    assert len(nodes) == len(trace.slice.nodes)
    edges = list(root.iter(f"{GRAPHML}edge"))
    assert len(edges) == len(trace.slice.edges)
    assert all(edge.get("source") in nodes and edge.get("target") in nodes for edge in edges)


def test_csv_has_a_row_for_each_edge_and_no_formula(sample: tuple[str, Trace]) -> None:
    rows = list(csv.DictReader(io.StringIO(rendered(sample[1], "csv"))))
    assert len(rows) == len(sample[1].slice.edges)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]


DOT_TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|->|[{}\[\];,=]|[A-Za-z_][A-Za-z0-9_]*|\d+')


def test_dot_is_made_of_its_tokens(sample: tuple[str, Trace]) -> None:
    text = rendered(sample[1], "dot")
    at = 0
    while at < len(text):
        token = DOT_TOKEN.match(text, at)
        assert token, text[at : at + 40]
        at = token.end()
    assert text.count(" -> ") >= len(sample[1].slice.edges)


def test_dot_is_read_by_another_parser(sample: tuple[str, Trace]) -> None:
    graphs = pydot.graph_from_dot_data(rendered(sample[1], "dot"))
    assert graphs is not None
    [graph] = graphs
    assert len(graph.get_edges()) == len(sample[1].slice.edges)


MERMAID_LINE = re.compile(
    r"""\s*(?:
        flowchart\ LR | end
      | subgraph\ host\d+\["[^"<>&`\\]*"\]
      | \w+(?:\["|\[/"|\(\["|>"|\{\{")[^"<>&`\\]*(?:"\]|"/\]|"\]\)|"\}\})
      | \w+\ (?:-->|==>|-\.->|-->\|"[a-z_]+"\||-\.->\|"[^"<>&`\\]*"\|)\ \w+
    )""",
    re.VERBOSE,
)


def test_mermaid_lines_are_of_its_grammar(sample: tuple[str, Trace]) -> None:
    for line in rendered(sample[1], "mermaid").splitlines():
        assert MERMAID_LINE.fullmatch(line), line


def test_mermaid_draws_a_part_of_a_large_trace(crowded_trace: Trace) -> None:
    assert rendered(crowded_trace, "mermaid").count("|") / 2 < len(crowded_trace.slice.edges) / 2


def test_the_story_fits_a_hundred_columns_but_for_the_command_to_copy(sample: tuple[str, Trace]) -> None:
    story = rendered(sample[1], "text").split("\n\nThe trace: ", 1)[0]
    for line in story.splitlines():
        assert width(line) <= WIDTH or line.startswith("Next ")


def test_nothing_is_cut_in_a_pipe(sample: tuple[str, Trace]) -> None:
    assert "…" not in rendered(sample[1], "text")


def test_text_lists_every_process_and_counts_summarised_ones(crowded_trace: Trace) -> None:
    text = rendered(crowded_trace, "text")
    assert all(f" {600 + number} uid 0 worker {number}\n" in text for number in range(40))
    assert "loaded 60 files in /usr/lib" in text
    assert "accepted 60 peers: 12 at 192.0.2.0" in text


def test_event_keys_are_read_as_written() -> None:
    key = EventKey("web/01", 1_795_490_938_071, 6357)
    assert format_event(key) == "web/01/1795490938.071:6357"
    assert parse_event(format_event(key)) == key


@pytest.mark.parametrize("text", ["", "web01", "web01/1.2:3", "web01/1795490938.271", "/1.000:1", "web01/1.000:x"])
def test_an_invalid_event_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match="invalid event"):
        parse_event(text)
