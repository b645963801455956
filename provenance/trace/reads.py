"""Reads: the files that programs of a slice read. A forward slice does not hold a file that the intruder only read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from provenance.ingest.clock import LAST
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node, Store
from provenance.text.labels import label, paths
from provenance.trace.edges import as_edges
from provenance.trace.result import Slice, TraceEdge
from provenance.trace.routine import is_routine_file
from provenance.trace.secrets import is_own_history, is_secret, reads_routinely

MOST_READERS = 1_000
"""The most programs whose reads are looked up."""
_FLOWS = 500
"""The most flows of one program that are looked up."""


def reads_of(
    store: Store, slices: Sequence[Slice], processes: Iterable[int]
) -> tuple[tuple[TraceEdge, ...], dict[int, Node]]:
    """The READ edges into processes of the slices that tell something, and the files that they lead from. A process counts
    from its bound in a forward slice on."""
    since: dict[int, int] = {}
    known: dict[int, Node] = {}
    for slice_ in slices:
        known.update(slice_.nodes)
        if slice_.direction is Direction.FORWARD:
            since.update(slice_.bounds)
    wanted = [id for id in processes if id in known][:MOST_READERS]
    flows = [
        flow
        for flow in store.expand(Direction.BACKWARD, dict.fromkeys(wanted, LAST), _FLOWS)
        if flow.kind is FlowKind.READ
        and flow.first != known[flow.target].first  # a descriptor that it inherited
        and flow.last >= since.get(flow.target, flow.first)
    ]
    files = store.nodes({flow.source for flow in flows})
    changed = {edge.target for slice_ in slices for edge in slice_.edges if edge.kind is FlowKind.WROTE}
    kept = [
        flow
        for flow in flows
        if flow.source in files and _tells(files[flow.source], known[flow.target], flow.source in changed)
    ]
    ends: Mapping[int, Node] = {**known, **files}
    return as_edges(kept, ends), {flow.source: files[flow.source] for flow in kept}


def _tells(file: Node, reader: Node, changed: bool) -> bool:
    """Whether it tells something that a program read a file: not if most programs read it, nor if all runs of this one do and
    no program of the slices changed it."""
    known = paths(file)
    if file.kind is not EntityKind.FILE or not known:
        return False
    program = str(reader.attributes.get("exe") or reader.attributes.get("comm") or label(reader).split(" ", 1)[0])
    if is_own_history(program, known) or (reads_routinely(program) and not changed):
        return False
    return any(map(is_secret, known)) or not any(map(is_routine_file, known))
