"""`provenance-trace/1`: the trace for machines. Keys keep their order; text is the log's own, not made visible.

Bytes that are not UTF-8 stand as lone surrogates (`\\udc80` to `\\udcff`), which JSON can carry and which Python turns
back into the bytes (PEP 383).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from provenance.ingest.clock import rfc3339
from provenance.ingest.facts import Blind
from provenance.ingest.identity import EntityKind, format_id
from provenance.store.interface import EventKey, Node
from provenance.text.accounts import accounts
from provenance.text.labels import dated_hashes, label, paths
from provenance.text.times import instant
from provenance.trace.result import Trace, TraceEdge

FORMAT = "provenance-trace/1"

_PROCESS = ("pid", "ppid", "command", "argv", "exe", "cwd", "uid", "auid", "ses")
_WHERE_KNOWN: Mapping[EntityKind, tuple[str, ...]] = {
    EntityKind.PROCESS: ("user", "euid", "comm", "tty", "container", "forked", "observed_only"),
    EntityKind.FILE: ("mode", "owner"),
    EntityKind.ENDPOINT: ("listening", "account", "fingerprint", "requested", "commands", "local_ip"),
    EntityKind.PIPE: ("type", "path"),
    EntityKind.SESSION: ("auid", "ses", "user", "address", "terminal", "service"),
}


def write_json(trace: Trace, out: TextIO) -> None:
    """Writes the whole trace as one JSON document that ends in a line break."""
    dump(trace_json(trace), out)


def dump(document: Any, out: TextIO) -> None:
    """Writes a document as JSON in ASCII, so that no text in it can act as a control sequence on a terminal."""
    json.dump(document, out, indent=1, ensure_ascii=True)
    out.write("\n")


def trace_json(trace: Trace) -> dict[str, Any]:
    """The trace as JSON (docs/interface.md). Nodes and edges are in order of time, then id; `context` holds the nodes that
    entries or the chain refer to and that are not in the slice."""
    cut = trace.slice
    names = printed_ids((*trace.context.values(), *cut.nodes.values()))
    outside = [node for id, node in trace.context.items() if id not in cut.nodes]
    return {
        "format": FORMAT,
        "query": _query(trace, names),
        "nodes": [node_json(node) | {"bound": instant(cut.bounds[node.id])} for node in _in_order(cut.nodes.values())],
        "edges": [
            edge_json(edge, names) for edge in sorted(cut.edges, key=lambda edge: (edge.first, edge.last, edge.id))
        ],
        **_findings(trace, names),
        "blind": [blind_json(blind) for blind in trace.blinds],
        "truncated": cut.truncated
        and {
            "why": cut.truncated.why,
            "left_out_edges": cut.truncated.left_out_edges,
            "at": [names[id] for id in cut.truncated.at],
        },
        "context": [node_json(node) for node in _in_order(outside)],
    }


def printed_ids(nodes: Iterable[Node]) -> dict[int, str]:
    """The printed form of each node's id."""
    return {node.id: format_id(node.kind, node.id) for node in nodes}


def node_json(node: Node) -> dict[str, Any]:
    """A node: what docs/interface.md names for its kind (null where unknown), then what else is known of it."""
    attributes = node.attributes
    document: dict[str, Any] = {
        "id": format_id(node.kind, node.id),
        "kind": node.kind.name.lower(),
        "host": node.host or None,
        "label": label(node),
    }
    if node.kind is EntityKind.PROCESS:
        document |= {name: attributes.get(name) for name in _PROCESS}
        end = attributes.get("end")
        document |= {"start": instant(node.first), "end": None if end is None else instant(end)}
    elif node.kind is EntityKind.FILE:
        document |= {"paths": paths(node), "device": attributes.get("device"), "inode": attributes.get("inode")}
        if given := dated_hashes(node):
            document["hashes"] = [
                {"hash": one.path, "first": instant(one.first), "last": instant(one.last)} for one in given
            ]
    elif node.kind is EntityKind.ENDPOINT:
        known = ("path", "protocol") if "path" in attributes else ("ip", "port", "protocol")
        document |= {name: attributes.get(name) for name in known}
    document |= {name: attributes[name] for name in _WHERE_KNOWN[node.kind] if name in attributes}
    if "accounts" in attributes:
        document["accounts"] = [one._asdict() | {"since": instant(one.since)} for one in accounts(node)]
    return document


def edge_json(edge: TraceEdge, names: Mapping[int, str]) -> dict[str, Any]:
    """An edge of a trace. `names` holds the printed ids of its ends."""
    return {
        "id": edge.id,
        "kind": edge.kind.name,
        "source": names[edge.source],
        "target": names[edge.target],
        "first": instant(edge.first),
        "last": instant(edge.last),
        "count": edge.times,
        "confidence": edge.confidence,
        "evidence": [event_json(key) for key in edge.evidence],
    } | ({"detail": dict(edge.detail)} if edge.detail else {})


def event_json(key: EventKey) -> dict[str, Any]:
    """An event as JSON, as in the evidence of an edge."""
    return {"host": key.host, "time": rfc3339(key.ms), "serial": key.serial}


def blind_json(blind: Blind) -> dict[str, Any]:
    """A blind interval as JSON."""
    return {"host": blind.host, "first": instant(blind.first), "last": instant(blind.last), "why": blind.why}


def _in_order(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: (node.first, node.id))


def _query(trace: Trace, names: Mapping[int, str]) -> dict[str, Any]:
    query: dict[str, Any] = {
        "direction": trace.slice.direction.value,
        "start": [names[id] for id in trace.slice.start],
        "at": None if trace.slice.at is None else instant(trace.slice.at),
    }
    return query | {key: value for key, value in trace.query.items() if key not in query}


def _findings(trace: Trace, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "entries": [
            {
                "rank": entry.rank,
                "node": names[entry.node],
                "edge": entry.edge,
                "time": instant(entry.moment),
                "score": round(entry.score, 6),
                "reason": entry.reason,
                "ports": list(entry.ports),
            }
            for entry in trace.entries
        ],
        "chain": [
            {
                "time": instant(step.moment),
                "host": step.host,
                "edge": step.edge,
                "node": names[step.node if step.slice_node is None else step.slice_node],
                "entity": names[step.node],
                "text": step.text,
                "correction_ms": step.correction_ms,
                "account": step.account or None,
                "effects": [{"verb": effect.verb, "objects": list(effect.objects)} for effect in step.effects],
                "count": step.times,
                "confidence": step.confidence,
            }
            | ({"doubt": step.doubt} if step.doubt else {})
            for step in trace.chain
        ],
        "hosts": [
            {
                "host": host.host,
                "first": instant(host.first),
                "via": list(host.via),
                "confidence": host.confidence,
                "doubt": host.doubt,
                "clock_confidence": host.clock_confidence,
                "evidence": list(host.evidence),
            }
            for host in trace.hosts
        ],
        "decoded": [
            {"node": names[found.node], "encoding": found.encoding, "text": found.text} for found in trace.decoded
        ],
    }
