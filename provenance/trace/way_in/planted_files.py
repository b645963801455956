"""Planted files: files that somebody changed before what happened relied on them, where no record joins the two.

atd and cron read their tables as daemons that are often older than the log, and many rule sets do not record reads. The way
in of a job is then a session that nobody logged in to, and whoever changed a table before may be the cause of it. So may be
whoever wrote a key before a login, or a start file before a shell (`provenance.trace.way_in.prerequisites`). What made an act
possible comes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import Flow
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Selector, Store
from provenance.text.labels import LOGIN, label, short_name
from provenance.text.times import duration
from provenance.trace.limits.address_owners import AddressOwners
from provenance.trace.programs.effects import CHANGING
from provenance.trace.result import Entry, Slice, TraceEdge
from provenance.trace.slice.budget import Budget
from provenance.trace.slice.paths import Label, path_of
from provenance.trace.slice.walk import walk
from provenance.trace.way_in.arrivals import is_contacted
from provenance.trace.way_in.entries import entries
from provenance.trace.way_in.prerequisites import Prerequisite, prerequisites
from provenance.trace.way_in.services import with_ports
from provenance.trace.way_in.ways import beside, in_front

_MOST_FILES, _MOST_FLOWS, _MOST = 200, 20, 3
"""The most files that are looked up for each pattern, changes of one file, and candidates."""
_BUDGET = Budget(nodes=2_000, edges=20_000)


class PlantedFiles(NamedTuple):
    """The ways in with those of planted files, and the nodes that these name and the slice does not hold. `story` are the ways in
    by which the intruder came: the best one, and the one that it made possible, if any; `extended` is the slice with
    the backward slice from them."""

    ways: tuple[Entry, ...]
    nodes: Mapping[int, Node]
    story: tuple[Entry, ...]
    extended: Slice

    def start(self, slice_: Slice) -> dict[int, int]:
        """The start of the forward walk from the programs of the alert, to which no flow leads from a planted file; empty if
        nothing planted is the best way in."""
        nodes = (slice_.nodes[id] for id in slice_.start if len(self.story) > 1)
        return {node.id: node.first for node in nodes if node.kind is EntityKind.PROCESS}


class _Change(NamedTuple):
    """A flow by which a program changed a file."""

    flow: Flow
    file: Node
    writer: Node


class _Candidate(NamedTuple):
    """A candidate: its entry, the edge of its peer's arrival, the backward slice from the writer of the file, and whether it
    comes before who relied on the file."""

    entry: Entry
    arrival: TraceEdge | None
    backward: Slice
    leads: bool


def with_planted(
    store: Store, slice_: Slice, ways: Sequence[Entry], steps: Mapping[int, Label], owners: AddressOwners
) -> PlantedFiles:
    """The ways in, with a candidate for each of the last changes of files that may have led to the best one, or to what happened
    on the way from it to the alert; a peer that a program of the trace contacted is not the best one. `steps` are the paths
    to the start of the trace. Raises StoreError."""
    edges = {edge.id: edge for edge in slice_.edges}
    best = next((way for way in ways if not is_contacted(slice_, edges.get(way.edge or ""))), None)
    if best is None:
        return PlantedFiles(tuple(ways), {}, tuple(ways[:1]), slice_)
    found = _without_duplicates(_candidates(store, slice_, best, steps, owners))
    first = [one for one in found if one.leads]
    ranked = beside(ways, best, [one.entry for one in found if not one.leads])
    ranked = in_front(ranked, best, [one.entry for one in first])
    nodes = {one.entry.node: one.backward.nodes[one.entry.node] for one in found}
    nodes = {id: node for id, node in nodes.items() if id not in slice_.nodes}
    if not first or ranked[0].node != first[0].entry.node or first[0].arrival is None:
        return PlantedFiles(ranked, nodes, ranked[:1], slice_)
    lead, backward = replace(ranked[0], edge=first[0].arrival.id), first[0].backward
    more = tuple(edge for edge in backward.edges if edge.id not in edges)
    extended = replace(slice_, nodes={**backward.nodes, **slice_.nodes}, edges=(*slice_.edges, *more))
    relied = next(way for way in ranked if (way.node, way.edge) == (best.node, best.edge))
    return PlantedFiles(ranked, nodes, (lead, relied), extended)


def _without_duplicates(found: Iterable[_Candidate]) -> list[_Candidate]:
    """The candidates, those that come first before others, each peer or program once."""
    known: dict[int, _Candidate] = {}
    for one in sorted(found, key=lambda one: not one.leads):
        known.setdefault(one.entry.node, one)
    return list(known.values())[:_MOST]


def _candidates(
    store: Store, slice_: Slice, best: Entry, steps: Mapping[int, Label], owners: AddressOwners
) -> Iterator[_Candidate]:
    for needed in prerequisites(slice_, best, path_of(steps.get(best.node))):
        changes = [change for change in _changes(store, needed, slice_) if needed.counts(change.writer, change.flow)]
        changes.sort(key=lambda change: (not needed.is_likely(change.writer), -change.flow.first, change.file.id))
        for change in changes[:_MOST]:
            yield _candidate(store, slice_, best, needed, change, owners)


def _changes(store: Store, needed: Prerequisite, slice_: Slice) -> Iterator[_Change]:
    """The last change of each file that is needed, before the moment at which it is, by a process outside the slice."""
    files: dict[int, Node] = {}
    for pattern in needed.patterns:
        wanted = Selector(frozenset((EntityKind.FILE,)), host=needed.process.host, file=pattern, until=needed.moment)
        files.update((node.id, node) for node in store.find(wanted, _MOST_FILES))
    last: dict[int, Flow] = {}
    for flow in store.expand(Direction.BACKWARD, dict.fromkeys(files, needed.moment), _MOST_FLOWS) if files else ():
        if flow.kind in CHANGING and flow.source not in slice_.nodes:
            last[flow.target] = max(last.get(flow.target, flow), flow, key=lambda flow: flow.first)
    writers = store.nodes({flow.source for flow in last.values()}) if last else {}
    for flow in last.values():
        if flow.source in writers:
            yield _Change(flow, files[flow.target], writers[flow.source])


def _candidate(
    store: Store, slice_: Slice, best: Entry, needed: Prerequisite, change: _Change, owners: AddressOwners
) -> _Candidate:
    """The way in of the program that changed a file, else that program itself."""
    flow, file, writer = change
    backward = walk(store, Direction.BACKWARD, {writer.id: flow.first}, None, _BUDGET)
    edges = {edge.id: edge for edge in backward.edges}
    named = [way for way in entries(backward, owners) if backward.nodes[way.node].kind is not EntityKind.PROCESS]
    way = named[0] if named else None
    node = backward.nodes[way.node] if way else writer
    peer = label(node).removeprefix(f"{LOGIN} from ")
    who = f"{peer}, whose program {short_name(writer)}" if way else short_name(writer)
    ago = duration(ms_of(needed.moment) - ms_of(flow.first))
    reason = f"{who} wrote {label(file)} {ago} before; {needed.why}"
    arrival = edges.get(way.edge or "") if way else None
    is_person = arrival is not None and not is_contacted(backward, arrival)
    leads = is_person and (needed.leads or (needed.is_login and _is_new_peer(store, slice_, best, node, flow.first)))
    ports = with_ports(store, backward, (way,))[0].ports if way and leads else ()
    entry = Entry(0, node.id, None, way.moment if way else flow.first, 0.0, reason, ports)
    return _Candidate(entry, arrival, backward, leads)


def _is_new_peer(store: Store, slice_: Slice, best: Entry, planter: Node, moment: int) -> bool:
    """Whether the peer that logged in is the one whose program wrote a key, or had never come before that moment."""
    logged_in = slice_.nodes[best.node]
    ip = str(logged_in.attributes.get("ip") or logged_in.attributes.get("address") or "")
    if not ip or ip == planter.attributes.get("ip"):
        return bool(ip)
    wanted = Selector(frozenset((EntityKind.ENDPOINT,)), host=logged_in.host, remote_ip=ip, until=moment)
    return next(iter(store.find(wanted, 1)), None) is None
