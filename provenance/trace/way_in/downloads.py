"""Downloads that were run: which programs wrote files that others ran, and who began these.

A package manager runs by itself what it fetched (the script of a package). Whoever gave the command for it did not choose what
then happened, unlike somebody who fetches a tool and starts it. The same holds for somebody who pipes a download into a shell at
a terminal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from itertools import product

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.text.accounts import account_at
from provenance.text.labels import paths
from provenance.trace.result import Slice, TraceEdge

READS = frozenset((FlowKind.READ, FlowKind.LOADED))
_PIPE = "pipe"
_CHANNELS = (_PIPE, "socketpair")
_MOST_RUNS = 100
"""The most pairs of a write and a run of one program's downloads that are looked at to find who began the run."""
_MOST_ENDS = 8
"""A pipe that more programs write to or read is none between two programs of a line."""


@dataclass(frozen=True, slots=True)
class Download:
    """What a program wrote and another one ran: `since` and `until` are the moments of the first and of the last time that it
    began to write such a file. `is_own`: it is a program for which somebody logged in, and it, or the program whose
    worker it is, began what ran the file, or somebody at a terminal began both. `is_piped`: it wrote no file, but sent it to a
    program that began others."""

    since: int
    until: int
    is_own: bool = False
    is_piped: bool = False


def downloads(slice_: Slice) -> Mapping[int, Download]:
    """For each process that wrote a file which another program of the slice ran, or got as an argument, what it wrote; so for
    each that sent to the next program of its pipeline, which then began others."""
    writers: dict[int, list[TraceEdge]] = defaultdict(list)
    for edge in slice_.edges:
        if edge.kind is FlowKind.WROTE:
            writers[edge.target].append(edge)
    ran = [e for e in slice_.edges if e.kind in READS and e.source in writers and runs(slice_, e)]
    found: dict[int, list[tuple[TraceEdge, int]]] = defaultdict(list)
    for edge in ran:
        for write in writers[edge.source]:
            if write.source != edge.target and write.first <= edge.last:
                found[write.source].append((write, edge.target))
    programs = _Programs(slice_, {edge.target for edge in ran})
    known = {
        process: Download(
            min(write.first for write, _ in pairs),
            max(write.last for write, _ in pairs),
            any(programs.began(process, write.first, runner) for write, runner in pairs[:_MOST_RUNS]),
        )
        for process, pairs in found.items()
    }
    return programs.piped() | known


def runs(slice_: Slice, edge: TraceEdge) -> bool:
    """Whether a process runs the file that it reads: the kernel loaded it, or an argument names it."""
    if edge.kind is FlowKind.LOADED:
        return True
    argv = [str(argument) for argument in slice_.nodes[edge.target].attributes.get("argv") or ()][1:]
    names = {path.rpartition("/")[2] for path in paths(slice_.nodes[edge.source])}
    return any(argument.rpartition("/")[2] in names for argument in argv if argument)


class _Programs:
    """Who began whom in a slice, and by which channels they exchange data. `brought` are the processes of programs that somebody
    in the slice wrote."""

    def __init__(self, slice_: Slice, brought: Container[int]) -> None:
        self._nodes, self._brought = slice_.nodes, brought
        self._parents: dict[int, int] = {}
        self._begun: dict[int, list[int]] = defaultdict(list)
        """When each process began others."""
        self._serving: set[int] = set()
        self._sent: dict[int, set[int]] = defaultdict(set)
        """The channels that each process writes to."""
        self._taken: dict[int, set[int]] = defaultdict(set)
        """The channels that each process reads."""
        for edge in slice_.edges:
            if edge.kind in LINEAGE:
                self._parents[edge.target] = edge.source
                self._begun[edge.source].append(edge.first)
            elif edge.kind is FlowKind.ACCEPTED:
                self._serving.add(edge.target)
            elif edge.kind is FlowKind.PIPED and self._type(edge.target) in _CHANNELS:
                self._sent[edge.source].add(edge.target)
            elif edge.kind is FlowKind.PIPED and self._type(edge.source) in _CHANNELS:
                self._taken[edge.target].add(edge.source)

    def began(self, process: int, moment: int, runner: int) -> bool:
        """Whether a process that wrote a file at a moment, or one above it whose worker it is, is above what ran the file. A
        program that serves peers, or that was itself brought by somebody in the slice, does what these want."""
        if account_at(self._nodes[process], moment).auid is None or process in self._brought:
            return False
        above = self._line(runner)
        manager = next((id for id in self._line(process) if id in above), None)
        if manager is None or manager in self._brought or not self._serving.isdisjoint((process, manager)):
            return False
        return manager == process or self._exchanges(manager, process)

    def piped(self) -> dict[int, Download]:
        """What processes sent by a pipe to another of the same line, neither of which began the other, and which then began
        programs (`fetch | sh`). Nothing says when they sent it: before these began."""
        found: dict[int, Download] = {}
        for channel, (sources, targets) in self._pipes().items():
            if len(sources) > _MOST_ENDS or len(targets) > _MOST_ENDS:
                continue
            for source, target in product(sources, targets):
                if self._type(channel) == _PIPE and target in self._begun and self._is_beside(source, target):
                    begun = self._begun[target]
                    known = found.get(source, Download(min(begun), max(begun)))
                    since, until = min(known.since, *begun), max(known.until, *begun)
                    is_own = known.is_own or self._is_typed(source, target)
                    found[source] = Download(since, until, is_own, is_piped=True)
        return found

    def _pipes(self) -> Mapping[int, tuple[list[int], list[int]]]:
        """The processes that write to each channel, and those that read it."""
        ends: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for place, known in enumerate((self._sent, self._taken)):
            for process, channels in known.items():
                for channel in channels:
                    ends[channel][place].append(process)
        return ends

    def _is_beside(self, one: int, other: int) -> bool:
        return one not in self._line(other) and other not in self._line(one)

    def _is_typed(self, source: int, target: int) -> bool:
        """Whether a shell for which somebody logged in, at a terminal, began both ends of a pipe: it serves no peer, and nobody
        in the slice brought it or what it runs."""
        above = self._line(target)
        shell = next((id for id in self._line(source) if id in above), None)
        if (
            shell is None
            or {shell, source, target} & self._serving
            or any(map(self._is_brought, (shell, source, target)))
        ):
            return False
        node = self._nodes[shell]
        return account_at(node, node.first).auid is not None and node.attributes.get("tty") not in (None, "(none)")

    def _is_brought(self, id: int) -> bool:
        return id in self._brought

    def _exchanges(self, manager: int, worker: int) -> bool:
        """Whether a worker takes orders by one channel, and answers by one. A shell only takes what its programs print."""
        return bool(self._sent[manager] & self._taken[worker] and self._sent[worker] & self._taken[manager])

    def _type(self, id: int) -> object:
        return self._nodes[id].attributes.get("type")

    def _line(self, id: int) -> dict[int, None]:
        """A process and those that led to it, nearest first."""
        line = {id: None}
        while (parent := self._parents.get(id)) is not None and parent not in line:
            id = parent
            line[id] = None
        return line
