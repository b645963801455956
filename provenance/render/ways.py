"""Ways in, as a story prints them: who came in through what, by which way to the alert, and who else may have been it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.lines import ALERT, COMMAND, ENDPOINT, FILE, QUIET, Line, Span
from provenance.render.steps import field
from provenance.store.interface import Node
from provenance.text.accounts import account, accounts_text
from provenance.text.escape import visible
from provenance.text.labels import LOGIN, label, paths, short_name
from provenance.text.times import Zone
from provenance.trace.limits.doubts import SURE
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.programs.routine import is_library, is_queue, is_routine_file
from provenance.trace.programs.starters import starter
from provenance.trace.result import Entry, Trace, TraceEdge
from provenance.trace.way_in.arrivals import is_contacted, port_text
from provenance.trace.way_in.ranking import SIMILAR, odds

_AS_LIKELY_AS_NOT = 0.5
"""The confidence that a process is a thread of another one, when nothing shows it but that they are alike."""
_EFFECT = " its first effect"
_FLOWS = re.compile(r"; it has \d+ flows? in the trace")
_PLACE = re.compile(r"(?P<ip>\S+) \((?P<what>.+)\)")
_TAKES = frozenset((FlowKind.READ, FlowKind.LOADED))
_ACTS = frozenset((FlowKind.CONNECTED, FlowKind.ACCEPTED))
_NO_FORKS = "no fork or clone is recorded"
_MOST_NAMED = 3
"""The most further candidates that are named."""
_ENDS = 4
"""The most programs and files at each end of the way to the alert that are named."""


def way_lines(trace: Trace, zone: Zone) -> Iterator[Line]:
    """The best way in, how often its peer came in, and the best way in of another peer."""
    if not trace.entries:
        return
    nodes = {**trace.context, **trace.slice.nodes}
    best = trace.entries[0]
    source, gate = nodes[best.node], gate_of(trace, best)
    edges = {edge.id: edge for edge in trace.slice.edges}
    edge = edges.get(best.edge) if best.edge is not None else None
    same = [entry for entry in trace.entries[1:] if _peer(nodes[entry.node]) == _peer(source)]
    again = [
        entry for entry in same if edge is not None and entry.edge in edges and edges[entry.edge].kind is edge.kind
    ]
    yield field(
        "Way in", *node_spans(source, best.moment), Span(f", {zone.stamp(best.moment)}{_more(best, again, zone)}")
    )
    if gate.id != source.id:
        yield _gate_line(trace, best, edge, gate)
    yield field("", Span(_reason(best, source, gate) + _guess(trace, gate), QUIET))
    others = {
        _peer(nodes[entry.node]): entry
        for entry in reversed(trace.entries)
        if entry not in (best, *same) and not _was_called_by_start(trace, edges.get(entry.edge or ""))
    }
    ranked = sorted(others.values(), key=lambda entry: entry.rank)
    entry = _second(best, ranked, nodes)
    if entry is not None:
        alike = odds(best.score, entry.score) < SIMILAR
        rival = _rival(entry, nodes[entry.node], gate_of(trace, entry))
        more = _as_likely([other for other in ranked if other is not entry], best, nodes) if alike else ""
        text = f"Two candidates: {rival}{more}" if alike else f"or (rank {entry.rank}) {rival}"
        yield field("", Span(text, ALERT if alike else QUIET))
    yield from _path_line(trace)


def _was_called_by_start(trace: Trace, edge: TraceEdge | None) -> bool:
    """Whether a peer is in the trace only because the trace starts from a call of this peer: it is no explanation."""
    if edge is None or not is_contacted(trace.slice, edge):
        return False
    return edge.source in trace.slice.start or edge.target in trace.slice.start


def _second(best: Entry, others: Sequence[Entry], nodes: Mapping[int, Node]) -> Entry | None:
    """The candidate that is named beside the best one: the next by rank; but a session without a recorded login comes after
    another candidate that is as likely as the best one."""
    named = (
        entry for entry in others if odds(best.score, entry.score) < SIMILAR and not _is_without_peer(nodes[entry.node])
    )
    return next(named, others[0] if others else None)


def _as_likely(others: Sequence[Entry], best: Entry, nodes: Mapping[int, Node]) -> str:
    """Further peers that are about as likely as the best candidate, in words; empty for none."""
    names = [
        visible(str(nodes[entry.node].attributes.get("ip") or short_name(nodes[entry.node])))
        for entry in others
        if odds(best.score, entry.score) < SIMILAR and not _is_without_peer(nodes[entry.node])
    ]
    if not names:
        return ""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"; as likely: {', '.join(names[:_MOST_NAMED])}{more}"


def _is_without_peer(node: Node) -> bool:
    return node.kind is EntityKind.SESSION and not node.attributes.get("address")


def _gate_line(trace: Trace, best: Entry, edge: TraceEdge | None, gate: Node) -> Line:
    """The process through which a peer came in, with the port of the service, or that it is unknown: that of a service that is
    older than the log, or whose bind the rules do not record."""
    port = port_text(best.ports)
    how = "contacted by " if is_contacted(trace.slice, edge) else f"through {port} of " if port else "through "
    is_accepted = (
        edge is not None and edge.kind is FlowKind.ACCEPTED and "ip" in trace.slice.nodes[edge.source].attributes
    )
    unknown = ", port unknown" if is_accepted and not best.ports else ""
    return field("", Span(how), *node_spans(gate, best.moment), Span(f" on {visible(gate.host)}{unknown}"))


def _guess(trace: Trace, gate: Node) -> str:
    """How sure the route is: where it passes connections within a host that were paired by a guess, or a process that may be a
    thread of another, or begins with a copy of a server that may be older than the log. Of connections between hosts, the line of
    the hosts says it."""
    nodes = trace.slice.nodes
    joins = [edge for edge in trace.route if edge.kind is FlowKind.REACHED]
    local = [edge.confidence for edge in joins if nodes[edge.source].host == nodes[edge.target].host]
    guess = f"; local connection guessed, confidence {min(local):g}" if local and min(local) < SURE else ""
    doubtful = [edge for edge in trace.route if edge.kind is FlowKind.SPAWNED and edge.confidence <= _AS_LIKELY_AS_NOT]
    pids = [(nodes[edge.source].attributes.get("pid"), nodes[edge.target].attributes.get("pid")) for edge in doubtful]
    guess += "".join(f"; perhaps pid {one} is a thread of pid {other}: not proved" for one, other in pids)
    on_route = {edge.target for edge in trace.route}
    older = [
        nodes[edge.target].attributes.get("pid")
        for edge in trace.slice.edges
        if edge.source == gate.id and edge.target in on_route and _may_be_older(trace, edge)
    ]
    return guess + "".join(
        f"; no record shows the start of pid {pid}: if it is older, who came in later is as likely" for pid in older
    )


def _may_be_older(trace: Trace, edge: TraceEdge) -> bool:
    """Whether the only sign of the start of a server's copy is that it connected or accepted, though the log records forks: a
    copy that was there before the log can have been given any later connection."""
    nodes = trace.slice.nodes
    parent, copy = nodes[edge.source], nodes[edge.target]
    if edge.kind is not FlowKind.SPAWNED or edge.confidence < 1:
        return False
    if not (parent.attributes.get("forked") and copy.attributes.get("forked")):
        return False
    if any(blind.host == copy.host and blind.why.startswith(_NO_FORKS) for blind in trace.blinds):
        return False
    acts = [
        one for one in trace.slice.edges if copy.id == (one.source if one.kind is FlowKind.CONNECTED else one.target)
    ]
    own = {event for one in acts if one.kind in _ACTS for event in one.evidence}
    return own.issuperset(edge.evidence)


def _path_line(trace: Trace) -> Iterator[Line]:
    """The programs and files on the way from the process through which the peer came in to the alert."""
    names = _names(trace)
    if len(names) <= 2:
        return
    if len(names) > 2 * _ENDS + 1:
        names = [*names[:_ENDS], f"({len(names) - 2 * _ENDS} more)", *names[-_ENDS:]]
    yield field("Path", Span(" > ".join(names)))


def _names(trace: Trace) -> list[str]:
    """The names of what is on the route, in order: programs without their forked copies, and files that are not routine."""
    names: list[str] = []
    nodes, host = trace.slice.nodes, ""
    for place, edge in enumerate(trace.route):
        node = nodes[edge.target]
        name = ""
        is_service = edge.kind is FlowKind.ACCEPTED or place == 0
        if node.kind is EntityKind.PROCESS and (is_service or not node.attributes.get("forked")):
            by = starter(trace.slice, node) if edge.kind in _TAKES else ""
            name = short_name(node) + (f" (started by {by})" if by else "")
        elif node.kind is EntityKind.FILE and _is_notable(node):
            name = paths(node)[-1]
        elif edge.kind is FlowKind.CONNECTED and _is_answered(trace.route[place + 1 : place + 2]):
            name = label(node).removesuffix("/tcp")
        if name:
            at = f"@{visible(node.host.split('.', 1)[0])}" if host and node.host != host else ""
            names.append(visible(name) + at)
            host = node.host
    return [name for place, name in enumerate(names) if place == 0 or name != names[place - 1]]


def _is_answered(next_: Sequence[TraceEdge]) -> bool:
    """Whether the way goes on from a service's address to another client of it, such as a queue's worker."""
    return bool(next_) and next_[0].kind is FlowKind.RECEIVED


def _is_notable(file: Node) -> bool:
    return any(is_library(path) or is_lasting(path) or not is_routine_file(path) for path in paths(file)) and not any(
        map(is_queue, paths(file))
    )


def _more(best: Entry, same: Sequence[Entry], zone: Zone) -> str:
    """How often the peer of the best way in came in besides, in the same manner (the login over an accepted connection, and what
    a program fetches from him later, are no other arrivals), in words."""
    if not same:
        return ""
    first = min(entry.moment for entry in same)
    at = zone.time(first) if zone.day(first) == zone.day(best.moment) else zone.stamp(first)
    return f"; {len(same)} more {'times from' if len(same) > 1 else 'time at'} {at}"


def _rival(entry: Entry, node: Node, gate: Node) -> str:
    """Another way in, with the beginning of its reason."""
    reason = visible(entry.reason).replace(label(gate), short_name(gate)).split(";", 1)[0].removesuffix(_EFFECT)
    if any(name in reason for name in (str(node.attributes.get("ip") or node.id), label(node), short_name(node))):
        return reason
    return f"{short_name(node)}: {reason}"


def _reason(entry: Entry, source: Node, gate: Node) -> str:
    """The reason of an entry without what the lines before it say (who came in through what), and without counts."""
    reason = _FLOWS.sub("", visible(entry.reason))
    for how in ("entered through", "was contacted by"):
        who, found, rest = reason.partition(f" {how} {label(gate)}")
        place = _PLACE.fullmatch(who)
        if found and place is not None and place["ip"] == str(source.attributes.get("ip")):
            return f"{place['what']}{rest}"
    return reason.replace(label(gate), short_name(gate))


def _peer(node: Node) -> object:
    """The identity of a peer: its address without the port, or the entity itself where it has no address."""
    return node.attributes.get("ip") or node.id


def gate_of(trace: Trace, entry: Entry) -> Node:
    """The process through which an entry came in; the entry's own node when its edge leads to no process."""
    nodes = {**trace.context, **trace.slice.nodes}
    for edge in trace.slice.edges:
        if edge.id == entry.edge and nodes[edge.target].kind is EntityKind.PROCESS:
            return nodes[edge.target]
    return nodes[entry.node]


def node_spans(node: Node, moment: int | None = None) -> Line:
    """A node as a line names it: for a process with its account at a moment, or with all that it had."""
    if node.kind is not EntityKind.PROCESS:
        is_way_in = moment is not None  # whose next lines say that it was a login
        text = label(node).removeprefix(f"{LOGIN} from ") if is_way_in else label(node)
        return (Span(text, ENDPOINT if node.kind is EntityKind.ENDPOINT else FILE),)
    who = accounts_text(node) if moment is None else account(node, moment)
    pid = f"pid {node.attributes.get('pid', '?')}"
    about = ", ".join(part for part in ("" if pid == label(node) else pid, who) if part)
    return Span(label(node), COMMAND), Span(f" ({about})" if about else "", QUIET)
