"""The verdict of an alert: one or two sentences that sum up what its traces found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provenance.ingest.clock import FIRST, LAST, ms_of, shift
from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.counts import counted
from provenance.text.escape import cut, visible
from provenance.text.labels import label
from provenance.trace.result import Entry, HostReached, Trace
from provenance.trace.slice.paths import next_steps, path
from provenance.trace.way_in.arrivals import first_arrival

_NAMED = 3
_COLUMNS = 80
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def verdict(backward: Trace, forward: Trace | None, alert_ms: int | None, skews: Mapping[str, int]) -> str:
    """The verdict: who entered through what and how long before the alert, which programs ran from there to the alert, and
    which other hosts were reached. `alert_ms` is the time of the alert by the clock of its anchor's host (None: the time of
    its anchor). `skews` holds the correction of each host's clock in ms."""
    if not backward.entries:
        return f"No way in found: nothing in the log leads from outside to this alert.{_limits(backward, forward)}"
    best, arrival = backward.entries[0], first_arrival(backward.slice, backward.entries)
    programs = _programs(backward, best)
    actions = [*([f"ran {_enumerated(programs)}"] if programs else []), *_hosts_reached(backward, arrival, forward)]
    opening = _opening(backward, arrival, alert_ms, skews)
    sentence = ", ".join([opening, *actions[:-1], *(f"and {action}" for action in actions[-1:])])
    return f"{sentence}.{_limits(backward, forward)}"


def _opening(trace: Trace, arrival: Entry, alert_ms: int | None, skews: Mapping[str, int]) -> str:
    """The beginning of the sentence: who entered through what on which host, and how long before the alert."""
    nodes = trace.slice.nodes
    source = nodes[arrival.node]
    edge = next((edge for edge in trace.slice.edges if edge.id == arrival.edge), None)
    if edge is None:
        where = f"{_short(source)} on {visible(source.host)}"
        return f"No way in found: the trace goes back to {where}, which started before its log"
    target = nodes[edge.target]
    if source.kind is EntityKind.SESSION or edge.kind is FlowKind.LOGGED_IN:
        entered = _login(source, source if source.kind is EntityKind.SESSION else target)
    else:
        address = visible(str(source.attributes.get("ip") or label(source)))
        entered = f"{address} entered through {_short(target)} on {visible(target.host)}"
        if edge.kind is not FlowKind.ACCEPTED and not _accepted(trace, source):
            entered += ", which had connected to it"
    return f"{entered}{_time_before(trace, arrival, alert_ms, skews)}"


def _login(source: Node, session: Node) -> str:
    """The clause for a way in through a login."""
    origin = session.attributes.get("address") or (None if source is session else source.attributes.get("ip"))
    who = "A user" if origin is None else visible(str(origin))
    user = visible(str(session.attributes.get("user") or f"uid {session.attributes.get('auid', '?')}"))
    number = visible(str(session.attributes.get("ses", "?")))
    return f"{who} logged in as {cut(user, _COLUMNS)} (session {number}) on {visible(session.host)}"


def _accepted(trace: Trace, peer: Node) -> bool:
    return any(edge.source == peer.id and edge.kind is FlowKind.ACCEPTED for edge in trace.slice.edges)


def _programs(trace: Trace, entry: Entry) -> list[str]:
    """The programs that ran between the way in and the alert, in order: the chain of parents and children if the alert
    descends from the way in, else the processes on the shortest path of flows."""
    nodes = trace.slice.nodes
    route = path(next_steps(trace.slice), entry.node, trace.slice.direction)
    gate = route[0].target if route else entry.node
    on_route = [id for id in (edge.target for edge in route) if nodes[id].kind is EntityKind.PROCESS]
    images = _lineage(trace, on_route[-1], gate) if on_route else []
    ran = [nodes[id] for id in images or on_route if id != gate and not nodes[id].attributes.get("forked")]
    return list(dict.fromkeys(_short(node) for node in ran if label(node) != label(nodes[gate])))


def _lineage(trace: Trace, process: int, gate: int) -> list[int]:
    """The images from process `gate` to its descendant `process`, in order; empty when it is not a descendant."""
    parents = {edge.target: edge.source for edge in trace.slice.edges if edge.kind in LINEAGE}
    found = [process]
    while found[-1] != gate:
        parent = parents.get(found[-1])
        if parent is None or parent in found:
            return []
        found.append(parent)
    return found[::-1]


def _hosts_reached(trace: Trace, arrival: Entry, forward: Trace | None) -> list[str]:
    if forward is None:
        return []
    home = trace.slice.nodes[arrival.node].host
    hosts = [host.host for host in _other_hosts(forward.hosts, home)]
    if not hosts:
        return ["reached no other host"]
    named = ", ".join(visible(host) for host in hosts[:_NAMED]) + (", …" if len(hosts) > _NAMED else "")
    return [f"reached {counted(len(hosts), 'other host')} ({named})"]


def _other_hosts(hosts: Iterable[HostReached], home: str) -> Iterable[HostReached]:
    return (host for host in hosts if host.host and host.host != home)


def _time_before(trace: Trace, arrival: Entry, alert_ms: int | None, skews: Mapping[str, int]) -> str:
    """How long before the alert something came in, on a common clock; empty when the alert's time is unknown."""
    anchored = _alert_time(trace, alert_ms)
    if anchored is None:
        return ""
    host, when = anchored
    came = ms_of(shift(arrival.moment, skews.get(trace.slice.nodes[arrival.node].host, 0)))
    return f", {_interval(when + skews.get(host, 0) - came)}"


def _alert_time(trace: Trace, alert_ms: int | None) -> tuple[str, int] | None:
    """The host of the alert, and the alert's time (ms) by that host's clock."""
    nodes, bounds = trace.slice.nodes, trace.slice.bounds
    starts = [nodes[id] for id in trace.slice.start if id in nodes]
    if alert_ms is not None:
        return (starts[0].host if starts else "", alert_ms)
    moments = [(bound, node.host) for node in starts if FIRST < (bound := bounds.get(node.id, LAST)) < LAST]
    return (max(moments)[1], ms_of(max(moments)[0])) if moments else None


def _interval(ms: int) -> str:
    if abs(ms) < 1_000:
        return "less than a second before this alert"
    seconds = abs(ms) // 1_000
    size, unit = next(known for known in _UNITS if seconds >= known[0])
    where = "before this alert" if ms > 0 else "after the time of this alert"
    return f"{counted(seconds // size, unit)} {where}"


def _limits(backward: Trace, forward: Trace | None) -> str:
    """Sentences about what the traces may have missed."""
    traces = [trace for trace in (backward, forward) if trace is not None]
    truncated = [trace.slice.truncated for trace in traces if trace.slice.truncated is not None]
    text = f" The trace is incomplete: {truncated[0].why}." if truncated else ""
    blind = {blind for trace in traces for blind in trace.blinds}
    if blind:
        text += f" The log has {counted(len(blind), 'blind interval')} that may hide more."
    return text


def _short(node: Node) -> str:
    return cut(label(node), _COLUMNS)


def _enumerated(texts: Sequence[str]) -> str:
    shown = [f"`{text}`" for text in (texts if len(texts) <= _NAMED else [*texts[:1], *texts[-_NAMED + 1 :]])]
    left = len(texts) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
