"""Acts by program: what each program of some slices did to peers and files, and which program's step reports it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from provenance.ingest.facts import FlowKind
from provenance.store.interface import Node
from provenance.text.labels import label, short_name
from provenance.trace.programs.effects import CHANGING, Act, Objects, act_of
from provenance.trace.result import TraceEdge

_TRANSPORT = re.compile(r"(\S*/)?ssh .*-oPermitLocalCommand=no .*", re.DOTALL)
"""The ssh that scp and sftp run to reach a host (do_cmd in scp.c, connect_to_server in sftp.c of OpenSSH)."""
_COPIERS = frozenset(("scp", "sftp"))


class Reporters:
    """Which program's step reports what a process did. `begun` are the edges by which programs began whose parents can report
    what they did, `becomes` the programs that processes executed; what one of the `gates` did is its own."""

    def __init__(
        self,
        nodes: Mapping[int, Node],
        begun: Mapping[int, TraceEdge],
        becomes: Mapping[int, int],
        gates: Iterable[int],
    ) -> None:
        self._nodes = nodes
        self._begun = begun
        self._becomes = becomes
        self._gates = frozenset(gates)
        self._found: dict[int, int] = {}

    def with_nodes(self, nodes: Mapping[int, Node], becomes: Mapping[int, int]) -> Reporters:
        """The same with more nodes and programs, none of which the known ones executed."""
        more = Reporters(nodes, self._begun, becomes, self._gates)
        more._found = dict(self._found)
        return more

    def of(self, id: int) -> int:
        """The reporting process. A forked copy that runs a program opens that program's redirections; the effects of a copy
        that runs none are reported as its parent's, and those of scp's ssh as scp's. A server's copy whose birth the slices
        do not hold reports what it did itself."""
        if id not in self._found:
            self._found[id] = self._find(id)
        return self._found[id]

    def _find(self, id: int) -> int:
        seen: set[int] = set()
        while id in self._nodes and id not in seen and self._is_reported_by_another(id):
            seen.add(id)
            if id in self._becomes and self._is_forked(id):
                return self.of(self._becomes[id]) if self._becomes[id] not in seen else id
            if id in self._gates or id not in self._begun or self._is_unknown(self._begun[id].source):
                break
            id = self._begun[id].source
        return id

    def _is_unknown(self, id: int) -> bool:
        """Whether no record describes a process itself: acts of a daemon older than the log must not be attributed to init."""
        return id in self._nodes and bool(self._nodes[id].attributes.get("observed_only"))

    def is_transport(self, id: int) -> bool:
        """Whether a program is the ssh of an scp or sftp."""
        if not _TRANSPORT.fullmatch(label(self._nodes[id])):
            return False
        parent = self._begun.get(id)
        while parent is not None and self._is_forked(parent.source):
            parent = self._begun.get(parent.source)
        node = None if parent is None else self._nodes.get(parent.source)
        return node is not None and short_name(node) in _COPIERS

    def _is_reported_by_another(self, id: int) -> bool:
        return self._is_forked(id) or self.is_transport(id)

    def _is_forked(self, id: int) -> bool:
        return id in self._nodes and bool(self._nodes[id].attributes.get("forked"))


def acts_by_program(
    edges: Iterable[TraceEdge],
    reads: Iterable[TraceEdge],
    objects: Objects,
    since: Mapping[int, int],
    gates: Iterable[int],
    reporters: Reporters,
) -> Mapping[int, list[Act]]:
    """For each program, what it and the copies that it reports did, in order of time: not before `since`, the moments from
    which processes count, and nothing that a gate did before. The loading of a library counts if a program of the
    slices changed it."""
    known, gates = list(edges), frozenset(gates)
    changed = {edge.target for edge in known if edge.kind in CHANGING}
    found: dict[int, list[Act]] = defaultdict(list)
    others = (edge for edge in known if edge.kind is not FlowKind.READ)
    for edge in (*others, *reads):
        if edge.kind is FlowKind.LOADED and edge.source not in changed:
            continue
        act = act_of(edge, objects)
        if act is None:
            continue
        first = since.get(act.process, edge.first)
        if first <= edge.first:
            found[reporters.of(act.process)].append(act)
        elif act.process not in gates:
            found[reporters.of(act.process)].append(replace(act, moment=first))
    for acts in found.values():
        acts.sort(key=act_order)
    return found


def act_order(act: Act) -> tuple[int, str]:
    """The order of a program's acts: by time."""
    return act.moment, act.edge.id
