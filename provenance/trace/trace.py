"""`backtrack` and `forward`: a slice and everything that explains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from provenance.ingest.facts import FlowKind
from provenance.store.interface import Direction, Node, Store
from provenance.trace.anchor import Anchor
from provenance.trace.arrivals import arrival_steps, arrivals, arrivals_on, start_of_arrivals
from provenance.trace.behind import run_for_other_clients
from provenance.trace.budget import DEFAULT, MOST_STEPS, Budget
from provenance.trace.chain import Chain, chain
from provenance.trace.concurrent import with_concurrent
from provenance.trace.doubts import found_in, peers_by_address, with_doubts
from provenance.trace.entries import entries
from provenance.trace.holes import with_holes
from provenance.trace.others import NO_OTHERS, OtherClients, run_for_others
from provenance.trace.paths import all_steps, path
from provenance.trace.planted import with_planted
from provenance.trace.refusals import refusals
from provenance.trace.result import Entry, Slice, Trace, TraceEdge
from provenance.trace.returns import Returns, returns
from provenance.trace.services import with_ports
from provenance.trace.shared import Shared
from provenance.trace.starters import with_starters
from provenance.trace.sureness import of_backward, of_forward, with_confidence
from provenance.trace.surroundings import blinds, decoded, hosts, skews_of
from provenance.trace.triggers import preparations, triggers
from provenance.trace.walk import walk

ForwardWalk = Callable[[Mapping[int, int]], Slice]
"""Gives the forward slice from the start of a walk."""


def trace(
    store: Store,
    direction: Direction,
    anchors: Sequence[Anchor],
    at: int | None = None,
    query: Mapping[str, Any] | None = None,
    budget: Budget = DEFAULT,
    forward_walk: ForwardWalk | None = None,
    most_steps: int | None = MOST_STEPS,
    shared: Shared | None = None,
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
    shared: Shared | None = None,
    separate: bool = True,
) -> Trace:
    """The trace from entities with their bounds; otherwise as `trace`."""
    slice_ = walk(store, direction, start, at, budget)
    if direction is Direction.BACKWARD:
        forward = forward_walk or (lambda start: walk(store, Direction.FORWARD, start, None, budget, slice_))
        return _backward(store, slice_, dict(query or {}), forward, most_steps, shared or Shared(is_reused=False))
    return _forward(store, slice_, dict(query or {}), most_steps, shared or Shared(is_reused=False), separate)


def merged(anchors: Sequence[Anchor], direction: Direction) -> dict[int, int]:
    """The start of a trace from several anchors: the widest bound of each entity."""
    start: dict[int, int] = {}
    for anchor in anchors:
        for id, bound in anchor.start.items():
            known = start.get(id, bound)
            start[id] = max(known, bound) if direction is Direction.BACKWARD else min(known, bound)
    return start


def _backward(
    store: Store, slice_: Slice, query: dict[str, Any], forward_walk: ForwardWalk, most: int | None, shared: Shared
) -> Trace:
    summaries = store.hosts()
    recorded = [address for summary in summaries for address in summary.addresses]
    found = found_in(store)
    labels = all_steps(slice_)
    steps_to_start = {node: paths[0] for node, paths in labels.items()}
    ways = with_ports(store, slice_, entries(slice_, recorded, peers_by_address(store, summaries, found), labels))
    crossed = blinds(slice_, store.blinds(), summaries)
    planted = with_planted(store, slice_, ways, steps_to_start, recorded)
    ways, behind = planted.ways, planted.extended
    leading = (*planted.story, *ways[1:])
    route = path(steps_to_start, planted.story[-1].node, slice_.direction) if ways else []
    forward, later = slice_, Returns((), behind)
    if ways:
        later = returns(store, behind, leading)
        forward = forward_walk({**planted.start(slice_), **later.start(), **start_of_arrivals(behind, leading)})
        ways = with_concurrent(slice_, with_holes(slice_, forward, ways, route, crossed), route)
    entered = [*planted.story, *arrivals(behind, leading), *arrivals_on(slice_, ways, route)] if ways else []
    opening, skews = arrival_steps(later.extended, [*entered, *later.entries]), skews_of(summaries)
    others = _others(store, behind, forward, ways, route, skews) if ways else NO_OTHERS
    causing = triggers(slice_, route)
    trigger_moments = {trigger.read.id: trigger.moment for trigger in causing}
    story, read = shared.story_of_alert(store, forward, _path_slice(slice_, route), route, trigger_moments)
    before = preparations(slice_, ways, {edge.id for edge in forward.edges}, causing)
    refused = refusals(store, behind, leading) if ways else []
    steps = chain(story, opening, most, skews=skews, others=others, before=[*refused, *before])
    files = _files_of(steps, read)
    context = (
        files
        | later.peers()
        | dict(planted.nodes)
        | {id: node for id, node in forward.nodes.items() if id not in slice_.nodes}
    )
    programs = [node for id, node in context.items() if id in steps.programs]
    hidden = decoded([*slice_.nodes.values(), *programs])
    shown_ids = (
        {step.node for step in steps.steps}
        | {found.node for found in hidden}
        | files.keys()
        | {way.node for way in ways}
    )
    shown = [node for id, node in context.items() if id in shown_ids and id not in slice_.nodes]
    reached = with_doubts(hosts(slice_, summaries), slice_.edges, found)
    return Trace(
        slice_,
        query,
        ways,
        with_confidence(with_starters(slice_, steps.steps), of_backward(slice_, forward, route), reached),
        reached,
        hidden,
        crossed,
        {node.id: node for node in shown},
        tuple(route),
        steps.left_out,
    )


def _others(
    store: Store,
    slice_: Slice,
    forward: Slice,
    ways: Sequence[Entry],
    route: Sequence[TraceEdge],
    skews: Mapping[str, int],
) -> OtherClients:
    """The processes of the forward slice that are other clients' of the servers through which the best way in leads."""
    ip = slice_.nodes[ways[0].node].attributes.get("ip")
    on_path = {end for edge in route for end in (edge.source, edge.target)} | set(slice_.start)
    return run_for_others(store, forward, str(ip), on_path, skews) if ip else NO_OTHERS


def _path_slice(slice_: Slice, route: Sequence[TraceEdge]) -> Slice:
    """The part of a slice that lies on a path, and the programs that it begins there."""
    ids = {end for edge in route for end in (edge.source, edge.target)} | set(slice_.start)
    lineage = (FlowKind.SPAWNED, FlowKind.EXECUTED)
    on_route = {edge.id for edge in route}
    edges = tuple(edge for edge in slice_.edges if edge.target in ids and (edge.kind in lineage or edge.id in on_route))
    ids |= {edge.source for edge in edges}
    nodes = {id: slice_.nodes[id] for id in ids if id in slice_.nodes}
    return Slice(slice_.direction, slice_.start, slice_.at, slice_.bounds, nodes, edges, None)


def _files_of(steps: Chain, files: Mapping[int, Node]) -> dict[int, Node]:
    return {id: files[id] for id in steps.files_read if id in files}


def _forward(
    store: Store, slice_: Slice, query: dict[str, Any], most: int | None, shared: Shared, separate: bool
) -> Trace:
    summaries = store.hosts()
    story, read = shared.story(store, slice_)
    skews = skews_of(summaries)
    others = run_for_other_clients(store, slice_, summaries, skews) if separate else NO_OTHERS
    steps = chain(story, (), most, slice_.start, skews, others)
    reached = with_doubts(hosts(slice_, summaries), slice_.edges, found_in(store))
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
