"""Reads a recording's truth.json and says what of it a trace (provenance-trace/1) does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Document = Mapping[str, Any]


def matches(node: Document, wanted: Document) -> bool:
    """Whether a node of a trace is what a matcher of truth.json means."""
    kind = {"network": "endpoint"}.get(wanted["kind"], wanted["kind"])
    if node["kind"] != kind or wanted.get("host", node["host"]) != node["host"]:
        return False
    if "cmd" in wanted and not re.search(wanted["cmd"], node.get("command") or ""):
        return False
    if "path" in wanted and wanted["path"] not in node.get("paths", ()):
        return False
    return all(node.get(name) == wanted[name] for name in ("ip", "port") if name in wanted)


def failures(trace: Document, truth: Document) -> Iterator[str]:
    """What one direction's part of truth.json asks for and the trace does not give."""
    nodes = {node["id"]: node for node in trace["nodes"]}
    for wanted in truth.get("must", ()):
        if not any(matches(node, wanted) for node in nodes.values()):
            yield f"missing {wanted}"
    for unwanted in truth.get("must_not", ()):
        found = [node["label"] for node in nodes.values() if matches(node, unwanted)]
        if found:
            yield f"must not hold {unwanted}: {found[:3]}"
    for wanted in truth.get("edges", ()):
        if not any(_is_edge(edge, wanted, nodes) for edge in trace["edges"]):
            yield f"missing edge {wanted}"
    for kind, size in truth.get("reference_size", {}).items():
        amount = sum(node["kind"] == kind for node in nodes.values())
        if amount > size * 1.5:
            yield f"{amount} nodes of kind {kind}, an independent implementation has {size}"


def _is_edge(edge: Document, wanted: Document, nodes: Mapping[str, Document]) -> bool:
    return (
        edge["kind"] in wanted["kind"]
        and ("source" not in wanted or matches(nodes[edge["source"]], wanted["source"]))
        and ("target" not in wanted or matches(nodes[edge["target"]], wanted["target"]))
    )


def entry_failures(trace: Document, wanted: Document) -> Iterator[str]:
    """Whether the first-ranked entry is the one that truth.json names."""
    nodes = {node["id"]: node for node in (*trace["nodes"], *trace.get("context", ()))}
    if not trace["entries"]:
        yield "no entry"
        return
    first = trace["entries"][0]
    node = nodes[first["node"]]
    if node.get("ip") != wanted["remote"]:
        yield f"first entry is {node['label']}, not {wanted['remote']}"
    edge = next((edge for edge in trace["edges"] if edge["id"] == first["edge"]), None)
    if edge is None or not re.search(wanted["process"], nodes[edge["target"]].get("command") or ""):
        yield f"first entry does not lead to {wanted['process']}"


def chain_failures(trace: Document, order: list[str], most: int = 60) -> Iterator[str]:
    """Whether the chain tells `order` in order, within `most` steps."""
    texts = [step["text"] for step in trace["chain"]]
    if len(texts) > most:
        yield f"the chain has {len(texts)} steps"
    place = 0
    for wanted in order:
        following = next((number for number in range(place, len(texts)) if wanted in texts[number]), None)
        if following is None:
            yield f"the chain does not tell {wanted!r} after step {place}"
        else:
            place = following
    times = [step["time"] for step in trace["chain"]]
    if times != sorted(times):
        yield "the chain is not in order of time"


def blind_failures(trace: Document, wanted: list[Document]) -> Iterator[str]:
    """Whether the trace says where the log is blind: on which host, at what moment (seconds since the epoch), and why."""
    for blind in wanted:
        moment = datetime.fromtimestamp(blind["at"], UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        if not any(
            one["host"] == blind["host"]
            and re.search(blind["why"], one["why"])
            and one["first"] <= moment <= one["last"]
            for one in trace["blind"]
        ):
            yield f"not said to be blind: {blind}"


def untold_failures(trace: Document, unwanted: list[str]) -> Iterator[str]:
    """Whether the chain tells something that is no part of the story."""
    for pattern in unwanted:
        found = [step["text"] for step in trace["chain"] if re.search(pattern, step["text"])]
        if found:
            yield f"the chain tells {pattern!r}: {found[:3]}"


def decoded_failures(trace: Document, wanted: list[Document]) -> Iterator[str]:
    """Whether hidden commands were made readable."""
    nodes = {node["id"]: node for node in (*trace["nodes"], *trace.get("context", ()))}
    for hidden in wanted:
        if not any(
            re.search(hidden["process"], nodes[found["node"]].get("command") or "")
            and hidden["contains"] in found["text"]
            for found in trace["decoded"]
        ):
            yield f"not decoded: {hidden}"


def lateral_failures(trace: Document, truth: Document) -> Iterator[str]:
    """Whether each movement between hosts is a REACHED edge from the peer that one sees to the peer that the other sees."""
    nodes = {node["id"]: node for node in trace["nodes"]}
    for move in truth.get("lateral", ()):
        if not any(
            edge["kind"] == "REACHED"
            and nodes[edge["source"]]["host"] == move["src"]
            and nodes[edge["target"]]["host"] == move["dst"]
            and nodes[edge["source"]].get("port") == move["port"]
            for edge in trace["edges"]
        ):
            yield f"no movement {move}"


def hosts_failures(trace: Document, truth: Document) -> Iterator[str]:
    """Whether the forward trace names the hosts that were reached, and no other."""
    reached = [host["host"] for host in trace["hosts"]]
    for host in truth.get("hosts_reached", ()):
        if host not in reached:
            yield f"{host} is not among the hosts reached: {reached}"
    for host in truth.get("hosts_not_reached", ()):
        if host in reached or any(node["host"] == host for node in trace["nodes"]):
            yield f"{host} is said to be reached"


def exposed_failures(backward: Document, forward: Document, truth: Document) -> Iterator[str]:
    """Whether the files that the intruder read are in one of the traces."""
    for wanted in truth.get("data_exposed", ()):
        if not any(matches(node, wanted) for node in (*backward["nodes"], *forward["nodes"])):
            yield f"not seen to be read: {wanted}"
