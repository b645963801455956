"""Holes: who else may be the way in, where serials are missing from the log between an arrival and what it led to.

The missing events may be an accept, so that a peer came in whom no record names, or a pipe or a dup, so that what one program
got from a peer reached the program that ran beside it. Where no accepted connection is recorded at all, so may be who typed at a
terminal, or who sent work to a server of the host. These candidates are about as likely as the best that records show, however
long the hole is: an interval of hours, as a filter of the log or a lost link leaves it, hides more than a short one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from provenance.ingest.clock import LAST, ms_of
from provenance.ingest.facts import LINEAGE, Blind, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.ingest.rules.unrecorded_calls import LACKING
from provenance.ingest.state.unrecorded_calls import ARRIVALS
from provenance.store.interface import Node
from provenance.text.accounts import account_at
from provenance.text.addresses import is_loopback, may_be_another_machine
from provenance.text.labels import label, short_name
from provenance.trace.limits.gaps import is_gap
from provenance.trace.result import Entry, Slice, TraceEdge
from provenance.trace.slice.datagrams import is_datagram_peer
from provenance.trace.way_in.arrivals import is_contacted
from provenance.trace.way_in.shared_terminals import typed_by_another
from provenance.trace.way_in.ways import beside

_EFFECTS = LINEAGE | {FlowKind.CONNECTED, FlowKind.WROTE}
_BESIDE_MS = 1_000
"""How much later than another a program of the same shell's line is begun."""
_NO_ARRIVALS = LACKING[ARRIVALS].partition(" although ")[0]
"""How the reason begins where a log holds no accepted connection."""
_MOST = 2
"""The most candidates of each sort."""


def with_holes(
    slice_: Slice, forward: Slice, ways: Sequence[Entry], route: Sequence[TraceEdge], blinds: Iterable[Blind]
) -> tuple[Entry, ...]:
    """The ways in with those that holes of the log make possible. Their nodes are in the backward or the forward slice."""
    blinds = tuple(blinds)
    holes = [blind for blind in blinds if is_gap(blind)]
    if not ways:
        return ()
    unseen = [*_unrecorded(slice_, ways[0], blinds), *_at_terminals(slice_, forward, route, blinds)]
    unseen += _at_shared_servers(slice_, route, blinds)
    ways = beside(ways, ways[0], unseen)
    if not holes:
        return tuple(ways)
    unknown = list(_unknown_peers(slice_, route, holes))[-_MOST:]
    known = {way.node for way in ways}
    piped = [entry for entry in _piped(slice_, forward, route, holes) if entry.node not in known][:_MOST]
    explained = [_with_hole_before(slice_, way, holes) for way in ways]
    return beside(explained, explained[0], [*unknown, *piped])


def _unrecorded(slice_: Slice, best: Entry, blinds: Sequence[Blind]) -> Iterator[Entry]:
    """A candidate for a service that contacted the best way in, where no record shows who came in to it."""
    edge = next((edge for edge in slice_.edges if edge.id == best.edge), None)
    if edge is None or not is_contacted(slice_, edge):
        return
    gate = slice_.nodes[edge.target]
    if gate.kind is not EntityKind.PROCESS or account_at(gate, edge.first).auid is not None:
        return
    if any(blind.host == gate.host and blind.why.startswith(_NO_ARRIVALS) for blind in blinds):
        who = f"an unknown peer may have entered {label(gate)}"
        yield Entry(0, gate.id, None, edge.first, 0.0, f"{who}: no accepted connection is recorded")


def _at_terminals(
    slice_: Slice, forward: Slice, route: Sequence[TraceEdge], blinds: Sequence[Blind]
) -> Iterator[Entry]:
    """Candidates for who typed at a terminal of the route, on hosts where no record shows who connects to what."""
    hosts = {blind.host for blind in blinds if blind.why.startswith(_NO_ARRIVALS)}
    return (one for one in typed_by_another(slice_, forward, route) if slice_.nodes[one.node].host in hosts)


def _at_shared_servers(slice_: Slice, route: Sequence[TraceEdge], blinds: Sequence[Blind]) -> Iterator[Entry]:
    """A candidate for who else sent work to the last server of its own host, such as a queue, that the route leads through, where
    no record shows whom it serves: the client that is known may have sent none of it."""
    hosts = {blind.host for blind in blinds if blind.why.startswith(_NO_ARRIVALS)}
    for sent, taken in reversed(list(pairwise(route))):
        server, worker = slice_.nodes[sent.target], slice_.nodes[taken.target]
        is_local = server.kind is EntityKind.ENDPOINT and is_loopback(str(server.attributes.get("ip") or ""))
        if is_local and worker.kind is EntityKind.PROCESS and worker.host in hosts:
            who = f"another client of {label(server).removesuffix('/tcp')} may have sent what {short_name(worker)} took"
            yield Entry(0, worker.id, None, worker.first, 0.0, f"{who}: no record shows whom it serves")
            return


def _with_hole_before(slice_: Slice, way: Entry, holes: Sequence[Blind]) -> Entry:
    """A process that no record explains: with the remark that a hole ends just before it, if one does."""
    node = slice_.nodes.get(way.node)
    if way.edge is not None or node is None or not node.attributes.get("observed_only"):
        return way
    first = ms_of(node.first)
    if any(hole.host == node.host and first - _BESIDE_MS <= ms_of(hole.last) <= first for hole in holes):
        return replace(way, reason=f"{way.reason}; serials are missing from the log just before")
    return way


def _unknown_peers(slice_: Slice, route: Sequence[TraceEdge], holes: Sequence[Blind]) -> Iterator[Entry]:
    """A candidate for each server of the route with a hole between the arrival that is known and its effect."""
    for entered, left in pairwise(route):
        gate = slice_.nodes[left.source]
        if left.kind not in _EFFECTS or entered.kind is not FlowKind.ACCEPTED or _follows_at_once(entered, left):
            continue
        for hole in holes:
            if hole.host == gate.host and hole.first < left.first and ms_of(hole.last) > ms_of(entered.first):
                before = ms_of(left.first) - min(ms_of(hole.last), ms_of(left.first))
                who = f"an unknown peer may have entered {label(gate)}"
                reason = f"{who}: serials are missing from the log until {before} ms before its first effect"
                yield Entry(0, gate.id, None, min(hole.last, left.first), 0.0, reason)
                break


def _follows_at_once(entered: TraceEdge, left: TraceEdge) -> bool:
    """Whether the first record of what a server did is the next one after that of the arrival."""
    return bool(entered.evidence and left.evidence) and left.evidence[0].serial == entered.evidence[0].serial + 1


def _piped(slice_: Slice, forward: Slice, route: Sequence[TraceEdge], holes: Sequence[Blind]) -> Iterator[Entry]:
    """Candidates for the peers that programs contacted which were begun beside one of the route, in a hole or next to one."""
    children: dict[int, list[TraceEdge]] = defaultdict(list)
    becomes: dict[int, int] = {}
    calls: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in forward.edges:
        if edge.kind is FlowKind.SPAWNED:
            children[edge.source].append(edge)
        elif edge.kind is FlowKind.EXECUTED:
            becomes[edge.source] = edge.target
        elif edge.kind is FlowKind.CONNECTED:
            calls[edge.source].append(edge)
    for begun in (edge for edge in route if edge.kind is FlowKind.SPAWNED):
        until = slice_.bounds.get(begun.target, LAST)
        for other in children[begun.source]:
            apart = abs(ms_of(other.first) - ms_of(begun.first))
            if other.target == begun.target or apart > _BESIDE_MS or not _is_in_hole(forward, other, begun, holes):
                continue
            for call in (call for id in _images(other.target, becomes) for call in calls[id] if call.first <= until):
                peer = forward.nodes[call.target]
                if may_be_another_machine(str(peer.attributes.get("ip", ""))) and not is_datagram_peer(peer):
                    yield _concurrent_peer(forward, call, slice_.nodes[begun.target], peer)


def _is_in_hole(forward: Slice, one: TraceEdge, other: TraceEdge, holes: Iterable[Blind]) -> bool:
    """Whether a hole overlaps the time in which a shell begins two programs of a line, from just before to just after."""
    first, last = sorted((ms_of(one.first), ms_of(other.first)))
    host = forward.nodes[one.target].host
    return any(
        hole.host == host and ms_of(hole.first) <= last + _BESIDE_MS and ms_of(hole.last) >= first - _BESIDE_MS
        for hole in holes
    )


def _images(id: int, becomes: Mapping[int, int]) -> Iterator[int]:
    """The programs that a process ran, one after the other."""
    seen: set[int] = set()
    current: int | None = id
    while current is not None and current not in seen:
        seen.add(current)
        yield current
        current = becomes.get(current)


def _concurrent_peer(forward: Slice, call: TraceEdge, program: Node, peer: Node) -> Entry:
    caller = short_name(forward.nodes[call.source])
    who = f"{peer.attributes['ip']} was contacted by {caller}, which ran beside {short_name(program)}"
    reason = f"{who} while serials are missing from the log; a pipe between them may be among these"
    return Entry(0, peer.id, None, call.first, 0.0, reason)
