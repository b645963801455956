"""Differences between the result of an alert and the former one, which later logs caused."""

from __future__ import annotations

from provenance.alerts.results import ResultSummary
from provenance.ingest.clock import ms_of, rfc3339
from provenance.ingest.identity import format_id
from provenance.store.fingerprint import digest
from provenance.store.interface import Node
from provenance.text.counts import counted
from provenance.text.escape import visible
from provenance.text.labels import label
from provenance.trace.result import Trace

Pair = tuple[Trace, Trace | None]
"""The backward trace of an alert, and the forward one from its most probable way in."""
_HOSTS_NAMED = 5


def hosts_of(pair: Pair) -> set[str]:
    """The hosts of the entities in a pair of traces."""
    return {node.host for trace in pair if trace is not None for node in trace.slice.nodes.values()}


def summary(pair: Pair) -> ResultSummary:
    """The part of a result that `changes` compares; it is stored with the alert."""
    backward, forward = pair
    best = backward.entries[0] if backward.entries else None
    node = None if best is None else backward.slice.nodes[best.node]
    found = [trace for trace in pair if trace is not None]
    starts = [backward.slice.nodes[id] for id in sorted(backward.slice.start) if id in backward.slice.nodes]
    return ResultSummary(
        about=tuple(format_id(start.kind, start.id) for start in starts[:_HOSTS_NAMED]),
        about_label=_unique_label(starts[0]) if starts else None,
        entry=None if node is None else format_id(node.kind, node.id),
        entry_label=None if node is None else _unique_label(node),
        backward=len(backward.slice.nodes),
        forward=0 if forward is None else len(forward.slice.nodes),
        hosts=tuple(sorted({host.host for trace in found for host in trace.hosts if host.host})),
        digest=digest(edge.id + str(edge.times) for trace in found for edge in trace.slice.edges),
    )


def _unique_label(node: Node) -> str:
    """The label of an entity; of a process with its pid and start, because the same program is often started many times."""
    pid = node.attributes.get("pid")
    return label(node) if pid is None else f"{label(node)} (pid {pid}, since {rfc3339(ms_of(node.first))})"


def changes(old: ResultSummary | None, new: ResultSummary) -> list[str]:
    """The differences of a result from the former one, each as a sentence; none for a first result."""
    if old is None or old == new:
        return []
    found: list[str] = []
    if old.about is not None and old.about != new.about:
        before, now = (one.about_label or "nothing" for one in (old, new))
        found.append(f"the alert is now about {now}, before about {before}")
    if old.entry != new.entry:
        before, now = (one.entry_label or "none" for one in (old, new))
        found.append(f"the most probable way in is now {now}, before {before}")
    added = [host for host in new.hosts if host not in old.hosts]
    if added:
        names = ", ".join(visible(host) for host in added[:_HOSTS_NAMED])
        found.append(f"{counted(len(added), 'host')} added: {names}{', …' * (len(added) > _HOSTS_NAMED)}")
    removed = [host for host in old.hosts if host not in new.hosts]
    if removed:
        found.append(f"{counted(len(removed), 'host')} removed")
    found += [
        f"the {name} trace now has {counted(now, 'entity')}, before {before:,}"
        for name, before, now in (
            ("backward", old.backward, new.backward),
            ("forward", old.forward, new.forward),
        )
        if before != now
    ]
    return found or (["other flows between the same entities"] if old.digest != new.digest else [])
