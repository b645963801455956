"""Reads: the files that programs of a slice read. A forward slice does not hold a file that the intruder only read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from provenance.ingest.clock import LAST
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store
from provenance.text.labels import label, paths
from provenance.trace.programs.routine import is_routine_file
from provenance.trace.programs.secrets import is_history, is_secret, is_shell, reads_routinely
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.slice.edges import as_edges

MOST_READERS = 1_000
"""The most programs whose reads are looked up."""
_FLOWS = 500
"""The most flows of one program that are looked up."""


_MOST_KEPT = 100_000
"""The most edges and programs that stay in memory for further traces."""


class _ReadsOfProgram(NamedTuple):
    """The reads of one program that are not routine, with their files. All runs of a routine reader read the same files: only a
    change by a program of the slices counts."""

    edges: Sequence[TraceEdge] = ()
    files: Mapping[int, Node] = MappingProxyType({})
    is_routine: bool = False


_NONE = _ReadsOfProgram()


class Reads:
    """Looks up what programs read, and keeps it for further traces of the same state of the logs. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int | None], _ReadsOfProgram] = {}
        self._size = 0

    def of(
        self, store: Store, slices: Sequence[Slice], processes: Iterable[int]
    ) -> tuple[tuple[TraceEdge, ...], dict[int, Node]]:
        """The READ edges into processes of the slices that are not routine, in order of (first, id), and the files that they lead
        from. A process counts from its bound in a forward slice on."""
        since: dict[int, int] = {}
        nodes: dict[int, Node] = {}
        for slice_ in slices:
            nodes.update(slice_.nodes)
            if slice_.direction is Direction.FORWARD:
                since.update(slice_.bounds)
        wanted = [id for id in processes if id in nodes][:MOST_READERS]
        programs = self._of_programs(store, {id: since.get(id) for id in wanted}, nodes)
        changed = {edge.target for slice_ in slices for edge in slice_.edges if edge.kind is FlowKind.WROTE}
        edges: list[TraceEdge] = []
        files: dict[int, Node] = {}
        for program in programs:
            relevant = [edge for edge in program.edges if edge.source in changed or not program.is_routine]
            edges += relevant
            files.update((edge.source, program.files[edge.source]) for edge in relevant)
        return tuple(sorted(edges, key=lambda edge: (edge.first, edge.id))), files

    def _of_programs(
        self, store: Store, since: Mapping[int, int | None], nodes: Mapping[int, Node]
    ) -> Iterable[_ReadsOfProgram]:
        known = self._known
        missing = {id: moment for id, moment in since.items() if (id, moment) not in known}
        if not missing:
            return [known[key] for key in since.items()]
        looked_up = _look_up(store, missing, nodes)
        found = [looked_up[id] if id in looked_up else known[id, moment] for id, moment in since.items()]
        self._size += sum(1 + len(program.edges) for program in looked_up.values())
        if self._size > _MOST_KEPT:
            self._known, self._size = {}, 0
        self._known.update({(id, moment): looked_up[id] for id, moment in missing.items()})
        return found


def _look_up(store: Store, since: Mapping[int, int | None], nodes: Mapping[int, Node]) -> dict[int, _ReadsOfProgram]:
    """The reads of each program that end at the moment `since` or later, all for None."""
    flows = [
        flow
        for flow in store.expand(Direction.BACKWARD, dict.fromkeys(since, LAST), _FLOWS)
        if flow.kind is FlowKind.READ
        and flow.first != nodes[flow.target].first  # a descriptor that it inherited
        and flow.last >= (since[flow.target] or flow.first)
    ]
    files = {id: file for id, file in store.nodes({flow.source for flow in flows}).items() if _is_reported(file)}
    histories = {id for id, file in files.items() if any(map(is_history, paths(file)))}
    programs = {id: _program(nodes[id]) for id in since}
    shells = {id for id, program in programs.items() if is_shell(program)}
    relevant = (
        flow for flow in flows if flow.source in files and not (flow.source in histories and flow.target in shells)
    )
    edges: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in as_edges(relevant, {**nodes, **files}):
        edges[edge.target].append(edge)
    return {id: _reads_of_program(edges.get(id, ()), files, program) for id, program in programs.items()}


def _reads_of_program(edges: Sequence[TraceEdge], files: Mapping[int, Node], program: str) -> _ReadsOfProgram:
    if not edges:
        return _NONE
    return _ReadsOfProgram(edges, {edge.source: files[edge.source] for edge in edges}, reads_routinely(program))


def _is_reported(file: Node) -> bool:
    """Whether a story shows that a program read a file: not if most programs read it."""
    known = paths(file)
    if file.kind is not EntityKind.FILE or not known:
        return False
    return any(map(is_secret, known)) or not any(map(is_routine_file, known))


def _program(reader: Node) -> str:
    return str(reader.attributes.get("exe") or reader.attributes.get("comm") or label(reader).split(" ", 1)[0])
