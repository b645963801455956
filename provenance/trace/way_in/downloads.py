"""Downloads that were run: which programs wrote files that others ran, and who began these.

A package manager runs by itself what it fetched (the script of a package). Whoever gave the command for it did not choose what
then happened, unlike somebody who fetches a tool and starts it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.text.accounts import account_at
from provenance.text.labels import paths
from provenance.trace.result import Slice, TraceEdge

READS = frozenset((FlowKind.READ, FlowKind.LOADED))


@dataclass(frozen=True, slots=True)
class Download:
    """What a program wrote and another one ran: `since` and `until` are the moments of the first and of the last time that it
    began to write such a file. `is_own`: it is a program for which somebody logged in, and it, or the program whose
    worker it is, began what ran the file."""

    since: int
    until: int
    is_own: bool


def downloads(slice_: Slice) -> Mapping[int, Download]:
    """For each process that wrote a file which another program of the slice ran, or got as an argument, what it wrote."""
    writers: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in slice_.edges:
        if edge.kind is FlowKind.WROTE:
            writers[edge.target].append(edge)
    found: dict[int, list[tuple[TraceEdge, int]]] = defaultdict(list)
    for edge in slice_.edges:
        if edge.kind in READS and edge.source in writers and runs(slice_, edge):
            for write in writers[edge.source]:
                if write.source != edge.target and write.first <= edge.last:
                    found[write.source].append((write, edge.target))
    if not found:
        return {}
    managers = _Managers(slice_, writers)
    return {
        process: Download(
            min(write.first for write, _ in known),
            max(write.last for write, _ in known),
            any(managers.began(process, write.first, runner) for write, runner in known),
        )
        for process, known in found.items()
    }


def runs(slice_: Slice, edge: TraceEdge) -> bool:
    """Whether a process runs the file that it reads: the kernel loaded it, or an argument names it."""
    if edge.kind is FlowKind.LOADED:
        return True
    argv = [str(argument) for argument in slice_.nodes[edge.target].attributes.get("argv") or ()][1:]
    names = {path.rpartition("/")[2] for path in paths(slice_.nodes[edge.source])}
    return any(argument.rpartition("/")[2] in names for argument in argv if argument)


class _Managers:
    """The programs that run by themselves what they downloaded."""

    def __init__(self, slice_: Slice, written: Container[int]) -> None:
        self._nodes = slice_.nodes
        self._parents = {edge.target: edge.source for edge in slice_.edges if edge.kind in LINEAGE}
        self._serving = {edge.target for edge in slice_.edges if edge.kind is FlowKind.ACCEPTED}
        self._brought = {
            edge.target for edge in slice_.edges if edge.kind in READS and edge.source in written and runs(slice_, edge)
        }
        self._sent: dict[int, set[int]] = defaultdict(set)
        """Which channels each process writes to."""
        self._taken: dict[int, set[int]] = defaultdict(set)
        """Which channels each process reads."""
        for edge in slice_.edges:
            if edge.kind is FlowKind.PIPED and not self._is_terminal(edge):
                self._sent[edge.source].add(edge.target)
                self._taken[edge.target].add(edge.source)

    def began(self, process: int, moment: int, runner: int) -> bool:
        """Whether a process that wrote a file at a moment, or one above it whose worker it is, is above what ran the file. A
        program that serves peers, or that was itself brought by somebody in the slice, does what these want."""
        if account_at(self._nodes[process], moment).auid is None or process in self._brought:
            return False
        own, above = self._line(process), set(self._line(runner))
        manager = next((id for place, id in enumerate(own) if id in above and self._works_for(own[:place], id)), None)
        return manager is not None and self._serving.isdisjoint((process, manager)) and manager not in self._brought

    def _is_terminal(self, edge: TraceEdge) -> bool:
        return "pty" in (
            self._nodes[edge.source].attributes.get("type"),
            self._nodes[edge.target].attributes.get("type"),
        )

    def _works_for(self, line: Sequence[int], manager: int) -> bool:
        """Whether the processes of a line, from a worker up to below a manager, are its workers: one of them takes orders from it by
        one channel, and answers. A shell only takes what its programs print."""
        return not line or any(
            self._sent[manager] & self._taken[worker] and self._sent[worker] & self._taken[manager] for worker in line
        )

    def _line(self, id: int) -> list[int]:
        """A process and those that led to it, nearest first."""
        line = [id]
        while (parent := self._parents.get(line[-1])) is not None and parent not in line:
            line.append(parent)
        return line
