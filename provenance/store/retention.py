"""The rules of retention: what is dropped from a store with old history, the same in every store.

Dropped are flows, notes and blind intervals that ended before the cut, and entities first seen before it that nothing in the
store refers to any more. A run that reaches across the cut stays complete. Flows between pinned entities stay.
"""

from __future__ import annotations

from collections.abc import Iterable

from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.ingest.facts import Connection, Flow
from provenance.store.interface import Cut, DropCounts, Node, Store
from provenance.store.raw.lines import MINUTE_BITS

DROPPED = "older records were dropped from this store (retention)"
"""The reason of the blind interval that replaces dropped history. Stores hold this text: do not change it."""
_LATE_MINUTES = 16
"""Records may be older than their place in the log: lists of events this near to the cut are not rewritten."""


def relist_before(cut: Cut) -> int:
    """The minute (`lines.MINUTE_BITS`) before which the lists that lead from events to runs are rewritten."""
    return (ms_of(cut.before) >> MINUTE_BITS) - _LATE_MINUTES


def _is_dropped(cut: Cut, flow: Flow) -> bool:
    return flow.last < cut.before and not (flow.source in cut.pinned and flow.target in cut.pinned)


def _may_be_dropped(cut: Cut, node: Node) -> bool:
    return node.first < cut.before and node.id not in cut.pinned and node.id not in cut.needed


def count_dropped(store: Store, cut: Cut) -> DropCounts:
    """How much a cut would drop. Reads the whole store, changes nothing. Raises StoreError."""
    named: set[int] = set()
    flows = notes = 0
    for flow in store.all_flows():
        if _is_dropped(cut, flow):
            flows += 1
        else:
            named.update((flow.source, flow.target))
    for summary in store.hosts():
        for note in store.notes(summary.host, FIRST, LAST):
            if note.moment < cut.before and note.subject not in cut.pinned:
                notes += 1
            elif note.subject is not None:
                named.add(note.subject)
    entities = sum(_may_be_dropped(cut, node) and node.id not in named for node in store.all_nodes())
    blinds = sum(blind.last < cut.before and blind.why != DROPPED for blind in store.blinds())
    return DropCounts(entities, flows, notes, blinds, len(cut.connections))


def old_connections(ends: Iterable[Connection], before: int, pinned: frozenset[int]) -> tuple[Connection, ...]:
    """The connection ends to drop: those that ended before the cut, except those between pinned entities, and except the last
    of each local address, from which the addresses of a host are inferred."""
    old = []
    newest: dict[tuple[str, str | None], int] = {}
    for end in ends:
        place = end.host, end.local_ip
        newest[place] = max(newest.get(place, end.last), end.last)
        if end.last < before and not (end.process in pinned and end.endpoint in pinned):
            old.append(end)
    return tuple(end for end in old if end.local_ip is None or end.last < newest[end.host, end.local_ip])
