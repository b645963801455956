"""The way in of a backward trace: who entered, the path that led from there to the alert, and the forward slice of what the
intruder did since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from provenance.ingest.facts import Blind
from provenance.store.interface import Node, Store
from provenance.trace.limits.address_owners import AddressOwners
from provenance.trace.result import Entry, Slice, Step, TraceEdge
from provenance.trace.slice.paths import all_steps, path
from provenance.trace.way_in.arrivals import arrival_steps, arrivals, arrivals_on, start_of_arrivals
from provenance.trace.way_in.concurrent import with_concurrent
from provenance.trace.way_in.entries import MOST, entries
from provenance.trace.way_in.holes import with_holes
from provenance.trace.way_in.other_clients import NO_OTHERS, OtherClients, run_for_others
from provenance.trace.way_in.planted_files import with_planted
from provenance.trace.way_in.refusals import refusals
from provenance.trace.way_in.returns import returns
from provenance.trace.way_in.services import with_ports

ForwardWalk = Callable[[Mapping[int, int]], Slice]
"""Gives the forward slice from the start of a walk."""


class WayIn(NamedTuple):
    """How an intruder came in: the candidates (`ways`), best first, and the `route`, the path from the best one to the alert;
    `forward` is the slice of what he did since. `leading` are the ways that led to the alert, among them that of who planted a
    file, and `backward` the backward slice in which all of them have edges. `before` are steps from before he came in,
    `opening` those of his arrivals; `nodes` are those of planted files and later arrivals. Without a candidate there
    are only slices."""

    ways: tuple[Entry, ...]
    route: Sequence[TraceEdge]
    forward: Slice
    leading: Sequence[Entry]
    backward: Slice
    before: Sequence[Step]
    opening: Sequence[Step]
    nodes: Mapping[int, Node]


def find_way_in(
    store: Store,
    slice_: Slice,
    owners: AddressOwners,
    blinds: Iterable[Blind],
    forward_walk: ForwardWalk,
) -> WayIn:
    """The way in of a backward slice. `owners` tell whose each address is, `blinds` are the blind intervals that the slice
    crosses. Raises StoreError."""
    labels = all_steps(slice_)
    steps_to_start = {node: known[0] for node, known in labels.items()}
    found = with_ports(store, slice_, entries(slice_, owners, labels))
    planted = with_planted(store, slice_, found, steps_to_start, owners)
    ways, backward = planted.ways, planted.extended
    leading = (*planted.story, *ways[1:])
    if not ways:
        return WayIn((), (), slice_, leading, backward, (), (), planted.nodes)
    route = path(steps_to_start, planted.story[-1].node, slice_.direction)
    later = returns(store, backward, leading)
    forward = forward_walk({**planted.start(slice_), **later.start(), **start_of_arrivals(backward, leading)})
    ways = with_concurrent(slice_, with_holes(slice_, forward, ways, route, blinds), route)
    entered = [*planted.story, *arrivals(backward, leading), *arrivals_on(slice_, ways, route)]
    return WayIn(
        ways[:MOST],
        route,
        forward,
        leading,
        backward,
        refusals(store, backward, leading),
        arrival_steps(later.extended, [*entered, *later.entries]),
        later.peers() | dict(planted.nodes),
    )


def other_clients(store: Store, slice_: Slice, way_in: WayIn, skews: Mapping[str, int]) -> OtherClients:
    """The processes of the forward slice that are other clients' of the servers through which the best way in leads."""
    if not way_in.ways:
        return NO_OTHERS
    ip = way_in.backward.nodes[way_in.ways[0].node].attributes.get("ip")
    on_path = {end for edge in way_in.route for end in (edge.source, edge.target)} | set(slice_.start)
    return run_for_others(store, way_in.forward, str(ip), on_path, skews) if ip else NO_OTHERS
