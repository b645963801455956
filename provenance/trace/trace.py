"""`backtrack` and `forward`: a slice and everything that explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provenance.ingest.facts import LINEAGE
from provenance.store.interface import Direction, Node, Store
from provenance.trace.limits.address_owners import address_owners
from provenance.trace.limits.doubts import found_in, with_doubts
from provenance.trace.programs.starters import with_starters
from provenance.trace.result import Slice, Trace, TraceEdge
from provenance.trace.slice.anchor import Anchor
from provenance.trace.slice.budget import DEFAULT, MOST_STEPS, Budget
from provenance.trace.slice.walk import walk
from provenance.trace.story.chain import Chain, chain
from provenance.trace.story.incident_material import IncidentMaterial
from provenance.trace.story.slice_nodes import with_slice_nodes
from provenance.trace.story.sureness import of_backward, of_forward, with_confidence
from provenance.trace.surroundings import blinds, decoded, hosts, skews_of
from provenance.trace.way_in.arrivals import steps_of_starts
from provenance.trace.way_in.finding import ForwardWalk, find_way_in, other_clients
from provenance.trace.way_in.other_clients import NO_OTHERS
from provenance.trace.way_in.start_client import run_for_other_clients
from provenance.trace.way_in.triggers import preparations, triggers


def trace(
    store: Store,
    direction: Direction,
    anchors: Sequence[Anchor],
    at: int | None = None,
    query: Mapping[str, Any] | None = None,
    budget: Budget = DEFAULT,
    forward_walk: ForwardWalk | None = None,
    most_steps: int | None = MOST_STEPS,
    shared: IncidentMaterial | None = None,
    separate: bool = True,
) -> Trace:
    """The trace from all anchors. `at` (a moment) and `query` are only copied into the answer. `forward_walk` gives the forward
    slice from a way in, for those who have it already; it must be of the same budget. The chain has at most
    `most_steps` steps; None: every step. `shared` holds what traces of the same state of the logs have in common. `separate`: a
    forward trace looks up, by a short backward walk, for whom its start was begun, and leaves out what servers did for others."""
    start = merged(anchors, direction)
    return trace_from(store, direction, start, at, query, budget, forward_walk, most_steps, shared, separate)


def trace_from(
    store: Store,
    direction: Direction,
    start: Mapping[int, int],
    at: int | None = None,
    query: Mapping[str, Any] | None = None,
    budget: Budget = DEFAULT,
    forward_walk: ForwardWalk | None = None,
    most_steps: int | None = MOST_STEPS,
    shared: IncidentMaterial | None = None,
    separate: bool = True,
) -> Trace:
    """The trace from entities with their bounds, of one state of the store if it has snapshots; otherwise as `trace`."""
    material, conditions = shared or IncidentMaterial(is_reused=False), dict(query or {})
    with store.snapshot():
        slice_ = walk(store, direction, start, at, budget)
        if direction is Direction.FORWARD:
            return _forward(store, slice_, conditions, most_steps, material, separate)
        forward = forward_walk or (lambda start: walk(store, Direction.FORWARD, start, None, budget, slice_))
        return _backward(store, slice_, conditions, forward, most_steps, material)


def merged(anchors: Sequence[Anchor], direction: Direction) -> dict[int, int]:
    """The start of a trace from several anchors: the widest bound of each entity."""
    start: dict[int, int] = {}
    for anchor in anchors:
        for id, bound in anchor.start.items():
            known = start.get(id, bound)
            start[id] = max(known, bound) if direction is Direction.BACKWARD else min(known, bound)
    return start


def _backward(
    store: Store,
    slice_: Slice,
    query: dict[str, Any],
    forward_walk: ForwardWalk,
    most: int | None,
    shared: IncidentMaterial,
) -> Trace:
    summaries, found = store.hosts(), found_in(store)
    skews, crossed = skews_of(summaries), blinds(slice_, store.blinds(), summaries)
    way_in = find_way_in(store, slice_, address_owners(store, summaries, found), crossed, forward_walk)
    ways, route, forward = way_in.ways, way_in.route, way_in.forward
    causing = triggers(slice_, route)
    trigger_moments = {trigger.read.id: trigger.moment for trigger in causing}
    story, read = shared.story_of_alert(store, forward, _path_slice(slice_, route), route, trigger_moments)
    before = [*way_in.before, *preparations(slice_, ways, {edge.id for edge in forward.edges}, causing)]
    others = other_clients(store, slice_, way_in, skews)
    steps = chain(story, way_in.opening, most, skews=skews, others=others, before=before)
    placed = with_slice_nodes(steps.steps, slice_, shared.before(forward))
    files = _files_of(steps, read)
    context = {**files, **way_in.nodes, **forward.nodes}
    added = {id: node for id, node in context.items() if id not in slice_.nodes}
    programs = [node for id, node in added.items() if id in steps.programs]
    hidden = decoded([*slice_.nodes.values(), *programs])
    named = {step.node for step in steps.steps} | {one.node for one in hidden} | files.keys() | {w.node for w in ways}
    reached = with_doubts(hosts(slice_, summaries), slice_, found)
    return Trace(
        slice_,
        query,
        ways,
        with_confidence(with_starters(slice_, placed), of_backward(slice_, forward, route), reached),
        reached,
        hidden,
        crossed,
        {id: node for id, node in added.items() if id in named},
        tuple(route),
        steps.left_out,
    )


def _path_slice(slice_: Slice, route: Sequence[TraceEdge]) -> Slice:
    """The part of a slice that lies on a path, and the programs that it begins there."""
    ids = {end for edge in route for end in (edge.source, edge.target)} | set(slice_.start)
    on_route = {edge.id for edge in route}
    edges = tuple(edge for edge in slice_.edges if edge.target in ids and (edge.kind in LINEAGE or edge.id in on_route))
    ids |= {edge.source for edge in edges}
    nodes = {id: slice_.nodes[id] for id in ids if id in slice_.nodes}
    return Slice(slice_.direction, slice_.start, slice_.at, slice_.bounds, nodes, edges, None)


def _files_of(steps: Chain, files: Mapping[int, Node]) -> dict[int, Node]:
    return {id: files[id] for id in steps.files_read if id in files}


def _forward(
    store: Store, slice_: Slice, query: dict[str, Any], most: int | None, shared: IncidentMaterial, separate: bool
) -> Trace:
    summaries, found = store.hosts(), found_in(store)
    story, read = shared.story(store, slice_)
    skews = skews_of(summaries)
    others = (
        run_for_other_clients(store, slice_, address_owners(store, summaries, found), skews) if separate else NO_OTHERS
    )
    steps = chain(story, steps_of_starts(slice_), most, slice_.start, skews, others)
    reached = with_doubts(hosts(slice_, summaries), slice_, found)
    return Trace(
        slice_,
        query,
        (),
        with_confidence(steps.steps, of_forward(slice_), reached),
        reached,
        decoded(slice_.nodes.values()),
        blinds(slice_, store.blinds(), summaries),
        {id: node for id, node in _files_of(steps, read).items() if id not in slice_.nodes},
        left_out=steps.left_out,
    )
