"""What leaves a store when old history is dropped: said once, so that every store drops the same.

Older than the cut is a flow that ended before it, a note made before it, a blind interval that ended before it; and an
entity first seen before it to which nothing that stays refers. A run that reaches across the cut stays whole. Between
pinned entities everything stays.
"""

from __future__ import annotations

from collections.abc import Iterable

from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.facts import Connection, Flow
from provenance.store.interface import Cut, Dropped, Node, Store
from provenance.store.raw.lines import MINUTE_BITS

DROPPED = "older records were dropped from this store (retention)"
"""The blind interval that takes the place of what is gone."""
_LATE_MINUTES = 16
"""Records may be older than their place in the log: lists of events this near to the cut are left alone."""


def listed_anew(cut: Cut) -> int:
    """Lists that lead from events to runs are made anew before this minute (`lines.MINUTE_BITS`)."""
    return (ms_of(cut.before) >> MINUTE_BITS) - _LATE_MINUTES


def _goes(cut: Cut, flow: Flow) -> bool:
    return flow.last < cut.before and not (flow.source in cut.pinned and flow.target in cut.pinned)


def _may_go(cut: Cut, node: Node) -> bool:
    return node.first < cut.before and node.id not in cut.pinned and node.id not in cut.needed


def counted(store: Store, cut: Cut) -> Dropped:
    """What a cut would drop. Reads everything, changes nothing. Raises StoreError."""
    held: set[int] = set()
    flows = notes = 0
    for flow in store.all_flows():
        if _goes(cut, flow):
            flows += 1
        else:
            held.update((flow.source, flow.target))
    for summary in store.hosts():
        for note in store.notes(summary.host, FIRST, LAST):
            if note.moment < cut.before and note.subject not in cut.pinned:
                notes += 1
            elif note.subject is not None:
                held.add(note.subject)
    entities = sum(_may_go(cut, node) and node.id not in held for node in store.all_nodes())
    blinds = sum(blind.last < cut.before and blind.why != DROPPED for blind in store.blinds())
    return Dropped(entities, flows, notes, blinds, len(cut.connections))


def old_connections(ends: Iterable[Connection], before: int, pinned: frozenset[int]) -> tuple[Connection, ...]:
    """The ends that go: those that ended before the cut, but for those between pinned entities and the last of each local
    address, from which a host's addresses are learned."""
    old = []
    newest: dict[tuple[str, str | None], int] = {}
    for end in ends:
        place = end.host, end.local_ip
        newest[place] = max(newest.get(place, end.last), end.last)
        if end.last < before and not (end.process in pinned and end.endpoint in pinned):
            old.append(end)
    return tuple(end for end in old if end.local_ip is None or end.last < newest[end.host, end.local_ip])
