"""Arrivals: when the peer of the best way in entered, and where the forward walk from there starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.accounts import account
from provenance.text.escape import visible
from provenance.text.labels import LOGIN, label, short_name
from provenance.trace.result import Entry, Slice, Step, TraceEdge
from provenance.trace.way_in.entries import NOT_RECORDED

_FEW = 3
"""The most arrivals of one peer through one process that are shown one by one."""
_ENTERING = (FlowKind.ACCEPTED, FlowKind.LOGGED_IN, FlowKind.RECEIVED)
"""The kinds of flows by which a peer or a session enters, the most certain first."""
_INIT = 1
"""The process id of the first process, which begins all servers and is none of them."""
_FEW_PORTS = 3
"""The most ports of one server that are named."""


def start_of_entry(slice_: Slice, entry: Entry) -> dict[int, int]:
    """The start of the forward walk from a way in: its process, from the moment at which the peer entered."""
    edge = next((edge for edge in slice_.edges if edge.id == entry.edge), None)
    node = edge.target if edge is not None else entry.node
    return {node: entry.moment}


def arrivals(slice_: Slice, ways: Sequence[Entry]) -> list[Entry]:
    """Of the ways in of a backward slice (best first, at least one): those by which the peer of the best one entered the same
    server, in order of time. What the peer did in any of them belongs to the same intrusion."""
    best, edges = ways[0], _edges_of(slice_, ways)
    gate = edges.get(best.edge or "")
    if gate is None:
        return [best]
    parents = _parents(slice_)
    server, ip = _server(slice_, parents, gate.target), slice_.nodes[best.node].attributes.get("ip")
    same = [
        way
        for way in ways
        if way.edge in edges
        and slice_.nodes[way.node].attributes.get("ip") == ip
        and _server(slice_, parents, edges[way.edge].target) == server
    ]
    return sorted(same, key=lambda way: way.moment)


def arrivals_on(slice_: Slice, ways: Sequence[Entry], route: Sequence[TraceEdge]) -> list[Entry]:
    """The ways in of a backward slice that lead to a process on the route from the best one to the alert, other than the
    server of the best one: whoever entered there (a login that the intruder had prepared) did a part of what led to the alert.
    Where the server itself goes on with a file, the last request before that is such a part."""
    best, edges = ways[0], _edges_of(slice_, ways)
    if best.edge not in edges:
        return []
    parents = _parents(slice_)
    left = _moments_left(slice_, parents, route)
    on_route = {edge.target for edge in route} | left.keys()
    server = _server(slice_, parents, edges[best.edge].target)
    came = [
        way
        for way in ways
        if way.edge in edges
        and way.moment >= best.moment
        and edges[way.edge].target in on_route
        and not is_contacted(slice_, edges[way.edge])
    ]
    others = [way for way in came if _server(slice_, parents, edges[way.edge or ""].target) != server]
    return [*_last_each(edges, others, left), *_requests(edges, came, route)]


def _moments_left(slice_: Slice, parents: Mapping[int, TraceEdge], route: Sequence[TraceEdge]) -> dict[int, int]:
    """When the route leads on from each of its processes. A route that goes on with a file enters a server's copy: the server
    itself, above it, is left when that copy began."""
    left = {edge.source: edge.first for edge in route}
    for taken in route:
        if taken.kind is FlowKind.READ:
            for id in _copies_up(slice_, parents, taken.target)[:-1]:
                left.setdefault(parents[id].source, parents[id].first)
    return left


def _last_each(edges: Mapping[str, TraceEdge], came: Iterable[Entry], left: Mapping[int, int]) -> Iterable[Entry]:
    """Of the arrivals at each process of the route the last before the route leads on from there: a server takes others too."""
    last: dict[int, Entry] = {}
    for way in sorted(came, key=lambda way: way.moment):
        server = edges[way.edge or ""].target
        if server not in last or way.moment <= left.get(server, way.moment):
            last[server] = way
    return last.values()


def _requests(edges: Mapping[str, TraceEdge], came: Sequence[Entry], route: Sequence[TraceEdge]) -> Iterator[Entry]:
    """The last arrival at each process that took a file, before the route leads on."""
    for taken, left in pairwise(route):
        if taken.kind is FlowKind.READ:
            before = [way for way in came if edges[way.edge or ""].target == left.source and way.moment <= left.first]
            yield from sorted(before, key=lambda way: way.moment)[-1:]


def first_arrival(slice_: Slice, ways: Sequence[Entry]) -> Entry:
    """The earliest arrival."""
    return arrivals(slice_, ways)[0]


def start_of_arrivals(slice_: Slice, ways: Sequence[Entry]) -> dict[int, int]:
    """The start of the forward walk from all arrivals: each process that served one, from its first arrival on."""
    start: dict[int, int] = {}
    for arrival in arrivals(slice_, ways):
        for node, moment in start_of_entry(slice_, arrival).items():
            start.setdefault(node, moment)
    return start


def copies_up(slice_: Slice, id: int) -> list[int]:
    """A process and those above it that are copies of one program, nearest first: many servers fork a copy for each connection,
    and OpenSSH's also executes itself in it. The last is the server."""
    return _copies_up(slice_, _parents(slice_), id)


def _edges_of(slice_: Slice, ways: Sequence[Entry]) -> dict[str, TraceEdge]:
    """The edges by which peers came in, by id."""
    wanted = {way.edge for way in ways}
    return {edge.id: edge for edge in slice_.edges if edge.id in wanted}


def _parents(slice_: Slice) -> dict[int, TraceEdge]:
    return {edge.target: edge for edge in slice_.edges if edge.kind in LINEAGE}


def _copies_up(slice_: Slice, parents: Mapping[int, TraceEdge], id: int) -> list[int]:
    nodes, line = slice_.nodes, [id]
    while id in parents and parents[id].source not in line:
        parent = parents[id].source
        is_copy = nodes[id].attributes.get("forked") or program(nodes[id]) == program(nodes[parent])
        if not is_copy or nodes[parent].attributes.get("pid") == _INIT:
            break
        id = parent
        line.append(id)
    return line


def _server(slice_: Slice, parents: Mapping[int, TraceEdge], id: int) -> int:
    return _copies_up(slice_, parents, id)[-1]


def program(node: Node) -> str:
    """The path of a process's program, or its first word; empty if unknown."""
    attributes = node.attributes
    return str(attributes.get("exe") or str(attributes.get("command", "")).split(" ", 1)[0])


def is_contacted(slice_: Slice, edge: TraceEdge | None) -> bool:
    """Whether a way in is an answer: the process of the host opened the connection, and the peer sent something back."""
    return (
        edge is not None
        and edge.kind is FlowKind.RECEIVED
        and not any(
            other.kind is FlowKind.ACCEPTED and other.source == edge.source and other.target == edge.target
            for other in slice_.edges
        )
    )


def port_text(ports: Sequence[int]) -> str:
    """The ports of a service in words: `port 80`, `port 80 or 443`; empty for none and for more than a reader can distinguish."""
    return f"port {' or '.join(map(str, ports))}" if 0 < len(ports) <= _FEW_PORTS else ""


def arrival_text(peer: Node, gate: Node, moment: int, contacted: bool, ports: Sequence[int] = ()) -> str:
    """How a peer came in at a moment, as a step of a story prints it."""
    address = label(peer).removesuffix("/tcp").removeprefix(f"{LOGIN} from ")
    if contacted:
        return f"{short_name(gate)} receives from {address}, which it contacted"
    if gate.kind is EntityKind.SESSION:
        return f"{address} logs in as {_user(gate)} (session {gate.attributes.get('ses', '?')})"
    if peer.kind is EntityKind.SESSION:
        who = account(gate, moment)
        return f"{short_name(gate)}{f' ({who})' if who else ''} opens {address}"
    port = port_text(ports)
    through = f"{port} of " if port else ""
    who = account(gate, moment)
    return f"{address} enters through {through}{short_name(gate)}" + (f" ({who})" if who else "")


def _is_unexplained(node: Node) -> bool:
    return node.kind is EntityKind.PROCESS and bool(node.attributes.get("observed_only"))


def _user(session: Node) -> str:
    return visible(str(session.attributes.get("user") or f"uid {session.attributes.get('auid', '?')}"))


def arrival_steps(slice_: Slice, entries: Iterable[Entry]) -> list[Step]:
    """A step for each entry, in order of time; those of one peer through one process are folded if there are many,
    except the first, the last and that of rank 1."""
    edges = {edge.id: edge for edge in slice_.edges}
    groups: dict[tuple[object, str], list[tuple[bool, Step]]] = {}
    for entry in sorted(set(entries), key=lambda entry: (entry.moment, entry.rank)):
        node, edge = slice_.nodes.get(entry.node), edges.get(entry.edge or "")
        if node is None:
            continue
        gate = slice_.nodes[edge.target] if edge is not None else node
        contacted = edge is not None and is_contacted(slice_, edge)
        if edge is not None:
            text = arrival_text(node, gate, entry.moment, contacted, entry.ports)
        elif _is_unexplained(node):
            is_told = entry.reason.startswith(NOT_RECORDED)
            text = entry.reason if is_told else f"{NOT_RECORDED} what started {label(node)}"
        else:
            text = label(node)
        accepted = edge is not None and not contacted
        who = account(gate, entry.moment)
        step = Step(entry.moment, node.host, node.id, entry.edge, text, account=who, is_arrival=accepted)
        step = replace(step, rank=0 if entry.rank == 1 else 1)
        groups.setdefault((node.attributes.get("ip") or node.id, short_name(gate)), []).append((entry.rank == 1, step))
    return [step for group in groups.values() for step in _fold(group)]


def steps_of_starts(slice_: Slice) -> list[Step]:
    """A step for each peer and session that a forward slice starts from: how it first entered, else what it first sent."""
    starts = {id for id in slice_.start if slice_.nodes[id].kind in (EntityKind.ENDPOINT, EntityKind.SESSION)}
    edges = [edge for edge in slice_.edges if edge.source in starts and edge.kind in _ENTERING]
    edges.sort(key=lambda edge: (_ENTERING.index(edge.kind), edge.first, edge.id), reverse=True)
    best = {edge.source: edge for edge in edges}
    moments = {id: max(edge.first, slice_.bounds[id]) for id, edge in best.items()}
    return arrival_steps(slice_, (Entry(1, id, edge.id, moments[id], 1.0, "") for id, edge in best.items()))


def _fold(group: Sequence[tuple[bool, Step]]) -> Iterator[Step]:
    """Of many arrivals the first, the last and those that are marked; those between as one step."""
    last = len(group) - 1
    if last < _FEW:
        yield from (step for _, step in group)
        return
    between: list[Step] = []
    for place, (marked, step) in enumerate(group):
        if not (marked or place in (0, last)):
            between.append(step)
            continue
        yield from _as_one(between)
        between = []
        yield step


def _as_one(steps: Sequence[Step]) -> Iterator[Step]:
    if len(steps) > 1:
        yield replace(steps[0], times=len(steps), until=steps[-1].moment)
    else:
        yield from steps
