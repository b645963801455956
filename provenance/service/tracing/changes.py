"""What a result says that the one before did not, when later logs changed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.identity import format_id
from provenance.store.fingerprint import digest
from provenance.store.interface import Node
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.trace.result import Trace

Pair = tuple[Trace, Trace | None]
"""The backward trace of an alert, and the forward one from its most probable way in."""
_HOSTS_NAMED = 5


def hosts_of(pair: Pair) -> set[str]:
    """The hosts whose logs a pair of traces was computed from."""
    return {node.host for trace in pair if trace is not None for node in trace.slice.nodes.values()}


def summary(pair: Pair) -> dict[str, Any]:
    """As much of a result as is needed to say later what changed."""
    backward, forward = pair
    best = backward.entries[0] if backward.entries else None
    node = None if best is None else backward.slice.nodes[best.node]
    found = [trace for trace in pair if trace is not None]
    starts = [backward.slice.nodes[id] for id in sorted(backward.slice.start) if id in backward.slice.nodes]
    return {
        "about": [format_id(start.kind, start.id) for start in starts[:_HOSTS_NAMED]],
        "about_label": _called(starts[0]) if starts else None,
        "entry": None if node is None else format_id(node.kind, node.id),
        "entry_label": None if node is None else _called(node),
        "backward": len(backward.slice.nodes),
        "forward": 0 if forward is None else len(forward.slice.nodes),
        "hosts": sorted({host.host for trace in found for host in trace.hosts if host.host}),
        "digest": digest(edge.id + str(edge.times) for trace in found for edge in trace.slice.edges),
    }


def _called(node: Node) -> str:
    """What an entity is called where it is told from another: programs are started again and again."""
    pid = node.attributes.get("pid")
    return label(node) if pid is None else f"{label(node)} (pid {pid}, since {rfc3339(ms_of(node.first))})"


def changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[str]:
    """What a result says that the one before did not, a sentence each; nothing for a first result."""
    if old is None or old == new:
        return []
    found: list[str] = []
    if old.get("about", new["about"]) != new["about"]:
        was, now = (one["about_label"] or "nothing" for one in (old, new))
        found.append(f"the alert is about {now}; it was about {was}")
    if old["entry"] != new["entry"]:
        was, now = (found["entry_label"] or "none" for found in (old, new))
        found.append(f"the most probable way in is {now}; it was {was}")
    came = [host for host in new["hosts"] if host not in old["hosts"]]
    if came:
        named = ", ".join(visible(host) for host in came[:_HOSTS_NAMED])
        found.append(f"{len(came)} more host{'s' * (len(came) > 1)}: {named}{', …' * (len(came) > _HOSTS_NAMED)}")
    gone = [host for host in old["hosts"] if host not in new["hosts"]]
    if gone:
        found.append(f"{len(gone)} host{'s' * (len(gone) > 1)} no longer")
    for name, what in (("backward", "leads to the alert"), ("forward", "came of the way in")):
        if old[name] != new[name]:
            found.append(f"{new[name]} entities are in what {what}; it was {old[name]}")
    return found or (["flows between the same entities"] if old["digest"] != new["digest"] else [])
