"""A plain reference for dropping old history, on a graph in dictionaries."""

from __future__ import annotations

from provenance.store.interface import Cut, DropCounts
from tests.provenance.store.oracle import Oracle


def prune(oracle: Oracle, cut: Cut) -> DropCounts:
    """Drop from the oracle what a cut drops; returns the amounts."""
    before = (len(oracle.entities), len(oracle.runs), len(oracle.notes), len(oracle.blinds), len(oracle.connections))
    oracle.runs = {
        place: flow
        for place, flow in oracle.runs.items()
        if flow.last >= cut.before or {flow.source, flow.target} <= cut.pinned
    }
    oracle.covered = {place: flow for place, flow in oracle.covered.items() if place in oracle.runs}
    oracle.notes = {
        (host, note) for host, note in oracle.notes if note.moment >= cut.before or note.subject in cut.pinned
    }
    oracle.blinds = {place: blind for place, blind in oracle.blinds.items() if blind.last >= cut.before}
    for end in cut.connections:
        del oracle.connections[end[:-1]]
    retained = cut.pinned | cut.needed | {end for flow in oracle.runs.values() for end in (flow.source, flow.target)}
    retained |= {note.subject for _, note in oracle.notes if note.subject is not None}
    retained |= {id for end in oracle.connections.values() for id in (end.process, end.endpoint)}
    oracle.entities = {
        id: entity for id, entity in oracle.entities.items() if entity.first >= cut.before or id in retained
    }
    oracle.names = {
        place: name for place, name in oracle.names.items() if place[0] in retained or place[0] in oracle.entities
    }
    after = (len(oracle.entities), len(oracle.runs), len(oracle.notes), len(oracle.blinds), len(oracle.connections))
    return DropCounts(*(was - now for was, now in zip(before, after, strict=True)))
