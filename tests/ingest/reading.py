"""Facts as a person reads them: nodes by their names, times by the numbers of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Batch, Flow, Note
from provenance.ingest.identity import EntityKind
from provenance.store.interface import Node
from tests.provenance.store.oracle import Oracle

BEFORE_THE_LOG = "?:1"
"""The first parent of every story; that it spawned the actors is left out."""


@dataclass
class Facts:
    """What batches said, merged as a store merges it."""

    oracle: Oracle
    nodes: dict[int, Node]
    labels: dict[int, str]
    numbers: dict[int, int]

    @property
    def flows(self) -> set[str]:
        """Each edge as `source -KIND-> target`."""
        return set(self.spans)

    @property
    def spans(self) -> dict[str, list[tuple[int, int]]]:
        """Edge -> its runs, each from which event to which."""
        found: dict[str, list[tuple[int, int]]] = {}
        for flow in self.runs:
            source = self.labels[flow.source]
            if source != BEFORE_THE_LOG:
                edge = f"{source} -{flow.kind.name}-> {self.labels[flow.target]}"
                found.setdefault(edge, []).append((self.number(flow.first), self.number(flow.last)))
        return {edge: sorted(spans) for edge, spans in found.items()}

    @property
    def runs(self) -> list[Flow]:
        return list(self.oracle.runs.values())

    def number(self, moment: int) -> int:
        """The number of the last event that is not after a moment."""
        return max((number for when, number in self.numbers.items() if when <= moment), default=0)

    def node(self, label: str) -> Node:
        """The only node with this label."""
        (found,) = [node for id, node in self.nodes.items() if self.labels[id] == label]
        return found

    def names(self, label: str) -> set[str]:
        """Every path that a file ever had."""
        return {name.path for name in self.node(label).names}

    @property
    def notes(self) -> list[str]:
        """`TYPE who: what`, in order."""
        found: list[Note] = sorted((note for _, note in self.oracle.notes), key=lambda note: note.moment)
        return [f"{note.type} {self.labels.get(note.subject or 0, '-')}: {note.text}" for note in found]

    @property
    def said(self) -> set[str]:
        """Edges, and notes with a `#` before them."""
        return self.flows | {f"# {note}" for note in self.notes}

    @property
    def blind(self) -> list[tuple[int, int | None, str]]:
        """Intervals by event numbers; None is the end of time."""
        return sorted(
            (self.number(blind.first), None if blind.last >= LAST else self.number(blind.last), blind.why)
            for blind in self.oracle.blinds.values()
        )

    def backward(self, label: str) -> set[str]:
        """What a trace back from the end of the log reaches, by definition (docs/semantics.md#causality), as slowly as can be."""
        bounds = {self.node(label).id: LAST}
        changed = True
        while changed:
            changed = False
            for flow in self.runs:
                bound = bounds.get(flow.target, -1)
                if flow.first <= bound and bounds.get(flow.source, -1) < min(flow.last, bound):
                    bounds[flow.source] = min(flow.last, bound)
                    changed = True
        return {self.labels[id] for id in bounds}

    @property
    def tallies(self) -> dict[str, int]:
        return next(iter(self.oracle.tallies.values()), {})


def facts_of(batches: Iterable[Batch]) -> Facts:
    """Batches of one host as a store would have them."""
    oracle, numbers = Oracle(), {}
    for batch in batches:
        oracle.apply(batch)
        numbers.update({line.moment: line.serial for line in batch.lines})
    nodes = oracle.nodes()
    return Facts(oracle, nodes, _labels(nodes), numbers)


def _labels(nodes: dict[int, Node]) -> dict[int, str]:
    """Several nodes of one label are told apart by their order in time: `/tmp/x`, `/tmp/x (2)`."""
    seen: Counter[str] = Counter()
    labels: dict[int, str] = {}
    for id, node in sorted(nodes.items(), key=lambda item: (item[1].first, item[0])):
        label = _label(node)
        seen[label] += 1
        labels[id] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return labels


def _label(node: Node) -> str:
    said = node.attributes
    if node.kind is EntityKind.PROCESS:
        return f"{said.get('comm', '?')}:{said['pid']}"
    if node.kind is EntityKind.FILE:
        return str(said.get("path") or "unnamed")
    if node.kind is EntityKind.PIPE:
        return " ".join(filter(None, (said["type"], said.get("path"))))
    if node.kind is EntityKind.SESSION:
        return f"session {said['ses']} of {said['auid']}"
    return f"unix {said['path']}" if said["protocol"] == "unix" else f"{said['protocol']} {said['ip']}:{said['port']}"
