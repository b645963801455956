"""Compares a trace (provenance-trace/1) with the truth.json of a recording and lists what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Document = Mapping[str, Any]


def matches(node: Document, expected: Document) -> bool:
    """Whether a node of a trace matches a matcher of truth.json."""
    kind = {"network": "endpoint"}.get(expected["kind"], expected["kind"])
    if node["kind"] != kind or expected.get("host", node["host"]) != node["host"]:
        return False
    if "cmd" in expected and not re.search(expected["cmd"], node.get("command") or ""):
        return False
    if "path" in expected and expected["path"] not in node.get("paths", ()):
        return False
    return all(node.get(name) == expected[name] for name in ("ip", "port") if name in expected)


def failures(trace: Document, truth: Document) -> Iterator[str]:
    """What truth.json requires in one direction and the trace does not hold."""
    nodes = {node["id"]: node for node in trace["nodes"]}
    for expected in truth.get("must", ()):
        if not any(matches(node, expected) for node in nodes.values()):
            yield f"missing {expected}"
    for unwanted in truth.get("must_not", ()):
        found = [node["label"] for node in nodes.values() if matches(node, unwanted)]
        if found:
            yield f"must not hold {unwanted}: {found[:3]}"
    for expected in truth.get("edges", ()):
        if not any(_is_edge(edge, expected, nodes) for edge in trace["edges"]):
            yield f"missing edge {expected}"
    for kind, size in truth.get("reference_size", {}).items():
        amount = sum(node["kind"] == kind for node in nodes.values())
        if amount > size * 1.5:
            yield f"{amount} nodes of kind {kind}, an independent implementation has {size}"


def inseparable_failures(trace: Document, story: str, truth: Document) -> Iterator[str]:
    """Failures unless what no record separates from the intruder's data is in the trace, which then leaves nothing out, and its
    printed story neither shows it nor hides that something was left out: `counted` is how it counts such programs."""
    left_out = re.search(r"left out: .*?(?=--steps all)", story, re.DOTALL)
    note = " ".join(left_out[0].split()) if left_out is not None else ""
    for expected in truth.get("inseparable", ()):
        if not any(matches(node, expected) for node in trace["nodes"]):
            yield f"the trace separates {expected}: move it to must_not"
        shown = [step["text"] for step in trace["chain"] if re.search(expected["cmd"], step["text"])]
        if shown:
            yield f"the chain shows {expected}: {shown[:3]}"
        if not re.search(rf"\d+ ({expected['counted']})", note):
            yield f"the printed story does not note that {expected} was left out"


def _is_edge(edge: Document, expected: Document, nodes: Mapping[str, Document]) -> bool:
    return (
        edge["kind"] in expected["kind"]
        and ("source" not in expected or matches(nodes[edge["source"]], expected["source"]))
        and ("target" not in expected or matches(nodes[edge["target"]], expected["target"]))
    )


def entry_failures(trace: Document, expected: Document) -> Iterator[str]:
    """Failure unless the first-ranked entry is the one in truth.json."""
    nodes = {node["id"]: node for node in (*trace["nodes"], *trace.get("context", ()))}
    if not trace["entries"]:
        yield "no entry"
        return
    first = trace["entries"][0]
    node = nodes[first["node"]]
    if node.get("ip") != expected["remote"]:
        yield f"first entry is {node['label']}, not {expected['remote']}"
    edge = next((edge for edge in trace["edges"] if edge["id"] == first["edge"]), None)
    if edge is None or not re.search(expected["process"], nodes[edge["target"]].get("command") or ""):
        yield f"first entry does not lead to {expected['process']}"


def chain_failures(trace: Document, order: list[str], most: int = 60) -> Iterator[str]:
    """Failures unless the chain holds `order` in order, within `most` steps."""
    texts = [step["text"] for step in trace["chain"]]
    if len(texts) > most:
        yield f"the chain has {len(texts)} steps"
    place = 0
    for expected in order:
        following = next((number for number in range(place, len(texts)) if expected in texts[number]), None)
        if following is None:
            yield f"the chain does not show {expected!r} after step {place}"
        else:
            place = following
    times = [step["time"] for step in trace["chain"]]
    if times != sorted(times):
        yield "the chain is not in order of time"


def blind_failures(trace: Document, expected: list[Document]) -> Iterator[str]:
    """Failures unless the trace reports the blind intervals: host, moment (seconds since the epoch) and reason."""
    for blind in expected:
        moment = datetime.fromtimestamp(blind["at"], UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        if not any(
            one["host"] == blind["host"]
            and re.search(blind["why"], one["why"])
            and one["first"] <= moment <= one["last"]
            for one in trace["blind"]
        ):
            yield f"not reported as blind: {blind}"


def excess_failures(trace: Document, unwanted: list[str]) -> Iterator[str]:
    """Failures if the chain holds steps that must not be in it."""
    for pattern in unwanted:
        found = [step["text"] for step in trace["chain"] if re.search(pattern, step["text"])]
        if found:
            yield f"the chain shows {pattern!r}: {found[:3]}"


def decoded_failures(trace: Document, expected: list[Document]) -> Iterator[str]:
    """Failures unless hidden commands were decoded."""
    nodes = {node["id"]: node for node in (*trace["nodes"], *trace.get("context", ()))}
    for hidden in expected:
        if not any(
            re.search(hidden["process"], nodes[found["node"]].get("command") or "")
            and hidden["contains"] in found["text"]
            for found in trace["decoded"]
        ):
            yield f"not decoded: {hidden}"


def lateral_failures(trace: Document, truth: Document) -> Iterator[str]:
    """Failures unless each move between hosts is a REACHED edge between the endpoints of both hosts."""
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
    """Failures unless the forward trace names exactly the hosts that were reached."""
    reached = [host["host"] for host in trace["hosts"]]
    for host in truth.get("hosts_reached", ()):
        if host not in reached:
            yield f"{host} is not among the hosts reached: {reached}"
    for host in truth.get("hosts_not_reached", ()):
        if host in reached or any(node["host"] == host for node in trace["nodes"]):
            yield f"{host} is reported as reached"


def exposed_failures(backward: Document, forward: Document, truth: Document) -> Iterator[str]:
    """Failures unless the files that the intruder read are in one of the traces, or in a story as read by one of its programs."""
    found = [node for trace in (backward, forward) for node in (*trace["nodes"], *trace.get("context", ()))]
    for expected in truth.get("data_exposed", ()):
        if not any(matches(node, expected) for node in found):
            yield f"not seen to be read: {expected}"
