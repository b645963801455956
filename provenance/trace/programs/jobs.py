"""Jobs: work that daemons take from files: a mail server from its queue, cron from its tables.

A forward slice holds every file that its processes created. So a file of a queue whose creator it does not hold came from
somebody else, and so did the job for which a daemon read it. Of a table no record shows which line began a job: one that uses
nothing that the intruder changed may have been in another table before.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from provenance.text.labels import is_interpreter, label, paths
from provenance.trace.programs.effects import CHANGING
from provenance.trace.programs.persistence import is_lasting
from provenance.trace.programs.routine import QUEUES, is_queue, is_routine_file
from provenance.trace.result import TraceEdge

_TAKES = frozenset((FlowKind.READ, FlowKind.LOADED))


def jobs_of_others(nodes: Mapping[int, Node], edges: Iterable[TraceEdge], others: Collection[int]) -> set[int]:
    """The processes of a forward slice that read files of a queue from before they began, all of which somebody else had created:
    a process that the slice does not hold, or one of `others`."""
    queue = {id for id, node in nodes.items() if _is_of_queue(node)}
    if not queue:
        return set()
    brought: set[int] = set()
    read: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        if edge.target in queue and edge.kind is FlowKind.WROTE:
            if edge.source not in others and edge.first <= nodes[edge.target].first:
                brought.add(edge.target)
        elif (
            edge.source in queue and edge.kind is FlowKind.READ and nodes[edge.source].first < nodes[edge.target].first
        ):
            read[edge.target].add(edge.source)
    return {process for process, files in read.items() if files.isdisjoint(brought)}


def jobs_of_tables(
    nodes: Mapping[int, Node],
    edges: Iterable[TraceEdge],
    daemons: Collection[int],
    below: Callable[[Iterable[int]], set[int]],
) -> set[int]:
    """The processes that some of the `daemons` of a forward slice began after they had read a table that was changed there, and
    that use nothing else that was changed there. `below` gives what processes began, and themselves."""
    known = list(edges)
    if not any(edge.target in daemons and _is_table(edge, nodes) for edge in known):
        return set()
    changed = {edge.target for edge in known if edge.kind in CHANGING and _is_distinctive(nodes[edge.target])}
    since: dict[int, int] = {}
    used: dict[int, set[int]] = defaultdict(set)
    for edge in known:
        if edge.kind in _TAKES and edge.source in changed:
            if _is_meant(edge, nodes):
                used[edge.target].add(edge.source)
            if edge.target in daemons and _is_table(edge, nodes):
                since[edge.target] = min(edge.first, since.get(edge.target, edge.first))
    jobs = [
        edge.target
        for edge in known
        if edge.kind in LINEAGE and edge.source in since and edge.first >= since[edge.source]
    ]
    return {job for job in jobs if not any(used[id] - _changed_by(known, below([job])) for id in below([job]))}


def _is_meant(edge: TraceEdge, nodes: Mapping[int, Node]) -> bool:
    """Whether a job is about a file that it takes: it runs it, or its command line names it. One that packs a whole folder is not
    about each file in it."""
    job = nodes[edge.target]
    if edge.kind is FlowKind.LOADED or is_interpreter(job):
        return True
    command = label(job)
    return any(posixpath.basename(path) in command for path in paths(nodes[edge.source]))


def _changed_by(edges: Iterable[TraceEdge], processes: Collection[int]) -> set[int]:
    """The files that only these processes changed."""
    own, others = set[int](), set[int]()
    for edge in edges:
        if edge.kind in CHANGING:
            (own if edge.source in processes else others).add(edge.target)
    return own - others


def _is_distinctive(file: Node) -> bool:
    """Whether the use of a file joins two programs: it has a name, and not all programs use it."""
    known = paths(file)
    return any(is_lasting(path) or not is_routine_file(path) for path in known)


def _is_of_queue(node: Node) -> bool:
    first = node.names[0].path if node.names else str(node.attributes.get("path", ""))
    return node.kind is EntityKind.FILE and first.startswith(QUEUES) and all(map(is_queue, paths(node)))


def _is_table(edge: TraceEdge, nodes: Mapping[int, Node]) -> bool:
    """Whether a process takes a file by which a change lasts."""
    if edge.kind not in _TAKES or nodes[edge.source].kind is not EntityKind.FILE:
        return False
    known = paths(nodes[edge.source])
    return bool(known) and all(map(is_lasting, known))
