"""The attack chain: the steps from the way in onwards, in time order, short enough to be read."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from provenance.ingest.clock import ms_of, shift
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Direction, Node
from provenance.text.labels import label, paths
from provenance.trace.result import Entry, Slice, Step, TraceEdge

MOST = 60
"""The most steps of a chain."""
_NETWORK = frozenset((FlowKind.CONNECTED, FlowKind.SENT, FlowKind.RECEIVED))
_CHANGES = frozenset((FlowKind.WROTE, FlowKind.RENAMED, FlowKind.CHANGED_MODE, FlowKind.LINKED))
_EFFECTS = {
    FlowKind.CONNECTED: "contacts",
    FlowKind.WROTE: "writes",
    FlowKind.RENAMED: "renames",
    FlowKind.LINKED: "links",
    FlowKind.CHANGED_MODE: "changes the mode of",
    FlowKind.CHANGED_OWNER: "changes the owner of",
    FlowKind.DELETED: "deletes",
}
_LATER_MS = 50
"""How much later than its program an effect must be to be a step of its own."""
_NAMED = 6
"""How many objects of one effect a step names."""


def chain(
    slices: Iterable[Slice],
    arrivals: Iterable[Entry],
    on_path: Iterable[TraceEdge],
    most: int = MOST,
    starts: Iterable[int] = (),
    skews: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Step, ...]:
    """The steps of the slices in time order: who entered (at each of the `arrivals`), which programs ran (those that a trace
    `starts` from too), and which peers they contacted and files they changed. The text of a step is the full command line of
    a program, then its effects; an effect that came after something else that is told on its host is a step of its own.
    `skews` holds the correction of each host's clock in ms: steps of several hosts are in the order in which they happened.

    Of more than `most` steps, those are preferred that are on the path from entry to alert, contact peers, or change files;
    programs that run often come last.
    """
    story = _Story(list(slices), {edge.source for edge in on_path} | {edge.target for edge in on_path})
    arrivals = list(arrivals)
    steps = [*story.steps(), *story.start_steps(starts), *story.server_steps(arrivals)]
    opening = list(dict.fromkeys(step for entry in arrivals for step in story.arrival_steps(entry)))
    chosen = sorted(steps, key=lambda step: (-story.weight(step), step.moment))[: most - len(opening)]
    told = (*opening, *story.with_effects(chosen, most - len(opening)))
    return tuple(sorted((_corrected(step, skews.get(step.host, 0)) for step in told), key=_order))


def _corrected(step: Step, skew_ms: int) -> Step:
    return replace(step, moment=shift(step.moment, skew_ms), correction_ms=skew_ms) if skew_ms else step


def _order(step: Step) -> tuple[int, str, int]:
    return step.moment, step.host, step.node


class _Story:
    def __init__(self, slices: list[Slice], path: set[int]) -> None:
        self._path = path
        self._nodes: dict[int, Node] = {id: node for slice_ in slices for id, node in slice_.nodes.items()}
        self._edges = {edge.id: edge for slice_ in slices for edge in slice_.edges}
        self._began = {
            edge.target: edge for edge in self._edges.values() if edge.kind in (FlowKind.EXECUTED, FlowKind.SPAWNED)
        }
        self._first_reached = _first_reached_in(slices)
        self._becomes = {edge.source: edge.target for edge in self._edges.values() if edge.kind is FlowKind.EXECUTED}
        self._labels = {id: label(node) for id, node in self._nodes.items() if node.kind is EntityKind.PROCESS}
        self._commands = Counter(self._labels.values())
        self._notable = self._find_notable()
        self._effects = self._find_effects()

    def _find_notable(self) -> Mapping[int, float]:
        found: dict[int, float] = {}
        for edge in self._edges.values():
            if edge.kind in _NETWORK:
                for end in (edge.source, edge.target):
                    found[end] = found.get(end, 0.0) + 2.0
            elif edge.kind in _CHANGES:
                found[edge.source] = found.get(edge.source, 0.0) + 1.0
        return found

    def steps(self) -> list[Step]:
        """A step for each program, without its text: most steps are not shown."""
        found = []
        for node in self._nodes.values():
            if node.kind is not EntityKind.PROCESS or node.attributes.get("forked"):
                continue
            edge = self._began.get(node.id)
            if edge is not None:
                found.append(Step(node.first, node.host, node.id, edge.id, ""))
            elif node.id in self._first_reached:
                edge = self._first_reached[node.id]
                found.append(Step(max(node.first, edge.first), node.host, node.id, edge.id, ""))
        return found

    def start_steps(self, starts: Iterable[int]) -> list[Step]:
        """Steps for the programs that a forward trace starts from, which nothing in it has started."""
        known = (self._nodes[id] for id in starts if id in self._nodes)
        programs = (node for node in known if node.kind is EntityKind.PROCESS and node.id not in self._began)
        return [Step(node.first, node.host, node.id, None, "") for node in programs]

    def server_steps(self, arrivals: Iterable[Entry]) -> list[Step]:
        """Steps for the programs that took an arrival and are older than the log, if they changed anything themselves."""
        gates = ((self._edges.get(entry.edge or ""), entry) for entry in arrivals)
        found: dict[int, Step] = {}
        for edge, entry in gates:
            node = self._nodes.get(edge.target) if edge is not None else None
            if node is not None and node.id not in self._began and node.id in self._effects:
                found.setdefault(node.id, Step(entry.moment, node.host, node.id, None, ""))
        return list(found.values())

    def with_effects(self, steps: Sequence[Step], most: int) -> list[Step]:
        """The steps with their texts, and at most `most` with those of later effects."""
        moments: dict[str, list[int]] = defaultdict(list)
        for step in steps:
            moments[step.host].append(step.moment)
        for known in moments.values():
            known.sort()
        groups = {step: self._grouped(step, moments[step.host]) for step in steps}
        room = most - len(steps)
        found: list[Step] = []
        for step in sorted(steps, key=lambda step: (-self.weight(step), step.moment)):
            first, *later = groups[step]
            split = later[: max(room, 0)]
            room -= len(split)
            rest = [edge for group in later[len(split) :] for edge in group]
            found.append(replace(step, text=self._text(step.node, [*first, *rest])))
            for group in split:
                edge = group[0]
                found.append(Step(edge.first, step.host, step.node, edge.id, self._text(step.node, group)))
        return found

    def _grouped(self, step: Step, moments: Sequence[int]) -> list[list[TraceEdge]]:
        """The effects of a step in order: those that begin before another step of the host does belong to the step itself."""
        groups: list[list[TraceEdge]] = [[]]
        since = step.moment
        for edge in sorted(self._effects.get(step.node, ()), key=_beginning):
            place = bisect_right(moments, since)
            later = ms_of(edge.first) - ms_of(since) >= _LATER_MS
            if later and place < len(moments) and moments[place] < edge.first:
                groups.append([])
                since = edge.first
            groups[-1].append(edge)
        return groups

    def _find_effects(self) -> Mapping[int, list[TraceEdge]]:
        """For each process, its edges to peers and changed files."""
        found: dict[int, list[TraceEdge]] = defaultdict(list)
        for edge in self._edges.values():
            if edge.kind in _EFFECTS:
                target = self._nodes[edge.target]
                if "ip" in target.attributes or _is_named_file(target):
                    found[self._reporting_process(edge.source)].append(edge)
        return found

    def _reporting_process(self, id: int) -> int:
        """The process whose step reports what a process did. A forked copy that runs a program opens that program's redirections;
        the effects of a copy that runs none are reported as its parent's."""
        seen = set()
        while id in self._nodes and self._nodes[id].attributes.get("forked") and id not in seen:
            seen.add(id)
            if id in self._becomes:
                return self._becomes[id]
            if id not in self._began:
                break
            id = self._began[id].source
        return id

    def _text(self, id: int, edges: Iterable[TraceEdge]) -> str:
        known: dict[str, list[str]] = defaultdict(list)
        for edge in edges:
            known[_EFFECTS[edge.kind]].append(label(self._nodes[edge.target]))
        effects = [f"{verb} {_listed(known[verb])}" for verb in _EFFECTS.values() if verb in known]
        command = label(self._nodes[id])
        return f"{command} → {'; '.join(effects)}" if effects else command

    def weight(self, step: Step) -> float:
        on_path = 100.0 if step.node in self._path else 0.0
        often = self._commands[self._labels[step.node]]
        return on_path + min(self._notable.get(step.node, 0.0), 6.0) + 8.0 / often

    def arrival_steps(self, entry: Entry) -> list[Step]:
        node = self._nodes.get(entry.node)
        if node is None:
            return []
        edge = self._edges.get(entry.edge or "")
        into = f" enters through {label(self._nodes[edge.target])}" if edge is not None else ""
        return [Step(entry.moment, node.host, node.id, entry.edge, f"{label(node)}{into}")]


def _is_named_file(node: Node) -> bool:
    """Whether a node is a file with a name, and no folder: what is put into a folder is told of the file."""
    return node.kind is EntityKind.FILE and bool(paths(node)) and not _is_folder(node)


def _is_folder(node: Node) -> bool:
    """Whether the type bits of a file's mode are a folder's (S_IFDIR, inode(7))."""
    try:
        return int(str(node.attributes["mode"]), 8) & 0o170000 == 0o040000
    except (KeyError, ValueError):
        return False


def _first_reached_in(slices: Iterable[Slice]) -> Mapping[int, TraceEdge]:
    """The first edge into each node of the forward slices, except their starts: a program that another process started joins
    the chain by what it reads."""
    first: dict[int, TraceEdge] = {}
    for slice_ in slices:
        if slice_.direction is not Direction.FORWARD:
            continue
        for edge in slice_.edges:
            known = first.get(edge.target)
            if edge.target not in slice_.start and (known is None or _beginning(edge) < _beginning(known)):
                first[edge.target] = edge
    return first


def _beginning(edge: TraceEdge) -> tuple[int, str]:
    return edge.first, edge.id


def _listed(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more
