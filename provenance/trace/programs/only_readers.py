"""Only readers: programs that only looked at what the intruder had changed, such as the `ls` of a developer in a folder into
which a package was installed. The intruder did not start them, and no record shows that data which they read went anywhere
else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store
from provenance.text.labels import is_interpreter, paths
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.result import Slice

_READING = frozenset((FlowKind.READ,))
_AT_TERMINAL = _READING | {FlowKind.PIPED}
_MOST, _MOST_FLOWS = 200, 200
"""The most programs that can be only readers, and the most flows of each among which its birth is."""


def only_readers(store: Store, forward: Slice) -> frozenset[int]:
    """The processes of a forward slice that only looked. Raises StoreError.

    Another process began them, which is not in the slice, after the slice starts, and flows enter them by reading files. Either
    nothing leaves them, or they used no more than the pipes of their terminal, and a shell began them, which was there
    before the slice starts. A program that reads what starts programs, such as a table of jobs, does more than look.
    """
    begin = min((forward.bounds[id] for id in forward.start if id in forward.bounds), default=0)
    found = dict(list(_candidates(forward, begin).items())[:_MOST])
    parents = _parents(store, {id: forward.nodes[id].first for id in found})
    return frozenset(
        id
        for id, parent in parents.items()
        if parent.id not in forward.nodes
        and (found[id] == _READING or (is_interpreter(parent) and parent.first < begin))
    )


def _candidates(forward: Slice, begin: int) -> Mapping[int, Collection[FlowKind]]:
    """The processes that began at `begin` or later, that no process of the slice started, and whose flows in the slice are only
    reads and pipes, with the kinds of these flows. Interpreters are left out: a file that one reads can be its program."""
    begun = {edge.target for edge in forward.edges if edge.kind in LINEAGE}
    possible = {
        id
        for id, node in forward.nodes.items()
        if node.kind is EntityKind.PROCESS
        and id not in begun
        and id not in forward.start
        and node.first >= begin
        and not is_interpreter(node)
    }
    enters, leaves = defaultdict[int, set[FlowKind]](set), defaultdict[int, set[FlowKind]](set)
    of_tables: set[int] = set()
    for edge in forward.edges if possible else ():
        if edge.source in possible:
            leaves[edge.source].add(edge.kind)
        if edge.target in possible:
            enters[edge.target].add(edge.kind)
            if any(map(is_lasting, paths(forward.nodes[edge.source]))):
                of_tables.add(edge.target)
    return {
        id: kinds | leaves[id]
        for id, kinds in enters.items()
        if FlowKind.READ in kinds
        and kinds <= _AT_TERMINAL
        and leaves[id] <= _AT_TERMINAL - _READING
        and id not in of_tables
    }


def _parents(store: Store, began: Mapping[int, int]) -> Mapping[int, Node]:
    """The processes that began some others, whose moments are given, as far as a record shows it."""
    if not began:
        return {}
    births = [flow for flow in store.expand(Direction.BACKWARD, began, _MOST_FLOWS) if flow.kind in LINEAGE]
    parents = store.nodes({flow.source for flow in births})
    return {flow.target: parents[flow.source] for flow in births if flow.source in parents}
