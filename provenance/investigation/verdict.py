"""One sentence that says what an alert means, made of nothing but what its traces found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provenance.ingest.clock import FIRST, LAST, ms_of, shift
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.escape import cut, visible
from provenance.text.labels import label
from provenance.trace.arrivals import first_arrival
from provenance.trace.paths import next_steps, path
from provenance.trace.result import Entry, HostReached, Trace

_NAMED = 3
_COLUMNS = 80
_LINEAGE = (FlowKind.SPAWNED, FlowKind.EXECUTED)
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def verdict(backward: Trace, forward: Trace | None, alert_ms: int | None, skews: Mapping[str, int]) -> str:
    """The sentence: through what it came in, what ran on the way to the alert, how many other hosts it reached, and how
    long before the alert. `alert_ms` is the alert's own time, by the clock of its anchor's host; where it has none, its
    anchor's counts. `skews` are the corrections of the hosts' clocks in ms."""
    if not backward.entries:
        return f"No way in is in the log: nothing from outside leads to this alert.{_limits(backward, forward)}"
    best, arrival = backward.entries[0], first_arrival(backward.slice, backward.entries)
    parts = [_gate(backward, arrival)]
    programs = _programs(backward, best)
    if programs:
        parts.append(f"ran {_enumerated(programs)}")
    parts += _others(backward, arrival, forward)
    anchored = _anchored(backward, alert_ms)
    if anchored is not None:
        host, when = anchored
        came = ms_of(shift(arrival.moment, skews.get(backward.slice.nodes[arrival.node].host, 0)))
        parts.append(_before(when + skews.get(host, 0) - came))
    return f"{', '.join(parts)}.{_limits(backward, forward)}"


def _gate(trace: Trace, entry: Entry) -> str:
    source = trace.slice.nodes[entry.node]
    edge = next((edge for edge in trace.slice.edges if edge.id == entry.edge), None)
    if edge is None:
        return (
            f"No way in is in the log: goes back to {_short(source)} on {visible(source.host)}, which is older than it"
        )
    if source.kind is EntityKind.SESSION or edge.kind is FlowKind.LOGGED_IN:
        return f"Came in through {_short(source)} on {visible(source.host)}"
    verb = "which called" if edge.kind is not FlowKind.ACCEPTED and not _accepted(trace, source) else "from"
    process = trace.slice.nodes[edge.target]
    address = visible(str(source.attributes.get("ip") or label(source)))
    return f"Came in through {_short(process)} on {visible(process.host)}, {verb} {address}"


def _accepted(trace: Trace, peer: Node) -> bool:
    return any(edge.source == peer.id and edge.kind is FlowKind.ACCEPTED for edge in trace.slice.edges)


def _programs(trace: Trace, entry: Entry) -> list[str]:
    """The programs from the way in to the alert, without the one that was there before: those that began each other
    where that leads back to it, else those on the shortest path of flows."""
    nodes = trace.slice.nodes
    route = path(next_steps(trace.slice), entry.node, trace.slice.direction)
    gate = route[0].target if route else entry.node
    on_route = [id for id in (edge.target for edge in route) if nodes[id].kind is EntityKind.PROCESS]
    images = _lineage(trace, on_route[-1], gate) if on_route else []
    ran = [nodes[id] for id in images or on_route if id != gate and not nodes[id].attributes.get("forked")]
    return list(dict.fromkeys(_short(node) for node in ran if label(node) != label(nodes[gate])))


def _lineage(trace: Trace, process: int, gate: int) -> list[int]:
    """The images that led from one process to another, first to last; empty when they did not."""
    began = {edge.target: edge.source for edge in trace.slice.edges if edge.kind in _LINEAGE}
    found = [process]
    while found[-1] != gate:
        parent = began.get(found[-1])
        if parent is None or parent in found:
            return []
        found.append(parent)
    return found[::-1]


def _others(trace: Trace, arrival: Entry, forward: Trace | None) -> list[str]:
    if forward is None:
        return []
    home = trace.slice.nodes[arrival.node].host
    hosts = [host.host for host in _beside(forward.hosts, home)]
    if not hosts:
        return ["reached no other host"]
    named = ", ".join(visible(host) for host in hosts[:_NAMED]) + (", …" if len(hosts) > _NAMED else "")
    return [f"reached {len(hosts)} other host{'s' * (len(hosts) > 1)} ({named})"]


def _beside(hosts: Iterable[HostReached], home: str) -> Iterable[HostReached]:
    return (host for host in hosts if host.host and host.host != home)


def _anchored(trace: Trace, alert_ms: int | None) -> tuple[str, int] | None:
    """The host that the alert speaks of, and when that was by its clock."""
    nodes, bounds = trace.slice.nodes, trace.slice.bounds
    starts = [nodes[id] for id in trace.slice.start if id in nodes]
    if alert_ms is not None:
        return (starts[0].host if starts else "", alert_ms)
    moments = [(bound, node.host) for node in starts if FIRST < (bound := bounds.get(node.id, LAST)) < LAST]
    return (max(moments)[1], ms_of(max(moments)[0])) if moments else None


def _before(ms: int) -> str:
    if abs(ms) < 1_000:
        return "less than a second before this alert"
    seconds = abs(ms) // 1_000
    size, unit = next(known for known in _UNITS if seconds >= known[0])
    count = seconds // size
    where = "before this alert" if ms > 0 else "after the time that this alert gives"
    return f"{count} {unit}{'s' * (count > 1)} {where}"


def _limits(backward: Trace, forward: Trace | None) -> str:
    traces = [trace for trace in (backward, forward) if trace is not None]
    cut_short = [trace.slice.truncated for trace in traces if trace.slice.truncated is not None]
    said = f" The trace was cut: {cut_short[0].why}." if cut_short else ""
    blind = {blind for trace in traces for blind in trace.blinds}
    if blind:
        said += f" {len(blind)} blind interval{'s' * (len(blind) > 1)} of the log could hide more."
    return said


def _short(node: Node) -> str:
    return cut(label(node), _COLUMNS)


def _enumerated(texts: Sequence[str]) -> str:
    shown = [f"`{text}`" for text in (texts if len(texts) <= _NAMED else [*texts[:1], *texts[-_NAMED + 1 :]])]
    left = len(texts) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
