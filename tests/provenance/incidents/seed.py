"""Alerts on the bundled incident: about the attack, and about the host's ordinary work."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from provenance.incidents.hubs import fans, hubs
from provenance.incidents.links import links, suspects
from provenance.incidents.traced_alert import About, TracedAlert, traced_alert
from provenance.ingest.clock import end_of_ms, ms_of
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.as_json import node_json
from provenance.store.interface import Direction, Node, Store
from provenance.trace.result import Trace
from provenance.trace.slice.anchor import Anchor
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk
from provenance.trace.surroundings import hosts
from provenance.trace.way_in.arrivals import first_arrival, start_of_entry
from provenance.trace.way_in.entries import entries
from tests.conftest import ROOT
from tests.provenance.recordings.truth import matches

TRUTH = json.loads((ROOT / "tests" / "provenance" / "recordings" / "data" / "seed.json").read_text("utf-8"))
MUST = (*TRUTH["backward"]["must"], *TRUTH["forward"]["must"])
_SEEN_MS = 20
"""How long after something an alert on it is raised."""


def attack(nodes: Mapping[int, Node]) -> list[Node]:
    """One entity for each thing that a trace must reach: processes, files and peers, in order of time."""
    documents = {id: node_json(node) for id, node in nodes.items()}
    found: dict[int, Node] = {}
    for required in MUST:
        matching = [nodes[id] for id, document in documents.items() if matches(document, required)]
        first = min(matching, key=lambda node: (bool(node.attributes.get("forked")), node.first, node.id))
        found[first.id] = first
    return sorted(found.values(), key=lambda node: (node.first, node.id))


def ordinary(nodes: Mapping[int, Node], traces: Mapping[int, Any], amount: int) -> list[Node]:
    """Programs and written files that no trace of the attack reaches, evenly distributed over all of them."""
    kinds = (EntityKind.PROCESS, EntityKind.FILE)
    rest = sorted(
        (node for id, node in nodes.items() if id not in traces and node.kind in kinds and node.first > 1),
        key=lambda node: (node.first, node.id),
    )
    step = len(rest) // amount
    return rest[:: max(step, 1)][:amount]


def anchor(store: Store, node: Node) -> Anchor:
    """An alert on an entity: on a service, when it first starts a program; on anything else, when it began, or when
    something first came into it."""
    into = [flow for flow in store.flows(None, node.id) if flow.kind is not FlowKind.LOADED]
    if any(flow.kind is FlowKind.ACCEPTED for flow in into):
        into = list(store.flows(node.id, None, FlowKind.SPAWNED))
    began = min((flow.first for flow in into), default=node.first)
    return Anchor({node.id: end_of_ms(ms_of(began) + _SEEN_MS)}, node, began)


def backward(store: Store, at: Anchor) -> Trace:
    """Back from an anchor, without the story."""
    slice_ = walk(store, Direction.BACKWARD, at.start, None, DEFAULT)
    return Trace(slice_, {}, entries(slice_), (), hosts(slice_, ()))


Ways = dict[tuple[tuple[int, int], ...], Trace]
"""Forward traces by where they start: alerts of one host have them in common."""


def forward(store: Store, trace: Trace, known: Ways) -> Trace | None:
    """Forward from the most probable way in, without the story; None when there is none."""
    if not trace.entries:
        return None
    start = start_of_entry(trace.slice, first_arrival(trace.slice, trace.entries))
    place = tuple(sorted(start.items()))
    if place not in known:
        slice_ = walk(store, Direction.FORWARD, start, None, DEFAULT)
        known[place] = Trace(slice_, {}, hosts=hosts(slice_, ()))
    return known[place]


def alert(
    store: Store, name: str, severity: str, at: Anchor, far: bool = False, known: Ways | None = None
) -> TracedAlert:
    """An alert, traced; with `far`, forward too, unless that trace is `known`."""
    back = backward(store, at)
    around = suspects(back.slice)
    ties = links(back.slice, hubs(around, fans(store, around)))
    ahead = forward(store, back, {} if known is None else known) if far else None
    return traced_alert(About(name, name, severity, ms_of(at.moment)), ties, back, ahead)


def severities() -> Iterator[str]:
    """Detectors' opinions, which say little: noise is as grave as the attack."""
    while True:
        yield from ("low", "medium", "high")
