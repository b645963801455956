"""Facts in readable form: nodes by their names, times by the numbers of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Batch, Flow, Note
from provenance.ingest.identity import EntityKind
from provenance.ingest.rules.unrecorded_calls import NEVER
from provenance.store.interface import Node
from tests.provenance.store.oracle import Oracle

BEFORE_THE_LOG = "?:1"
"""The first parent of every story; that it spawned the actors is left out."""


@dataclass
class Facts:
    """The facts of batches, merged as a store merges them."""

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
        """Edge -> its runs, each as (first event, last event)."""
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
        """The number of the last event up to a moment."""
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
    def edges_and_notes(self) -> set[str]:
        """Edges, and notes with the prefix `#`."""
        return self.flows | {f"# {note}" for note in self.notes}

    @property
    def blind(self) -> list[tuple[int, int | None, str]]:
        """Intervals by event numbers; None is the end of time."""
        return sorted(
            (self.number(blind.first), None if blind.last >= LAST else self.number(blind.last), blind.why)
            for blind in self.oracle.blinds.values()
        )

    def backward(self, label: str) -> set[str]:
        """The nodes of a backward trace from the end of the log, by the plain definition (docs/semantics.md#causality)."""
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
        """The counters of the host, without those of calls that were never recorded."""
        found = next(iter(self.oracle.tallies.values()), {})
        return {name: count for name, count in found.items() if not name.startswith(NEVER)}


def facts_of(batches: Iterable[Batch]) -> Facts:
    """The facts of one host's batches, merged."""
    oracle, numbers = Oracle(), {}
    for batch in batches:
        oracle.apply(batch)
        numbers.update({line.moment: line.serial for line in batch.lines})
    nodes = oracle.nodes()
    return Facts(oracle, nodes, _labels(nodes), numbers)


def _labels(nodes: dict[int, Node]) -> dict[int, str]:
    """Several nodes of one label are numbered in order of time: `/tmp/x`, `/tmp/x (2)`."""
    count: Counter[str] = Counter()
    labels: dict[int, str] = {}
    for id, node in sorted(nodes.items(), key=lambda item: (item[1].first, item[0])):
        label = _label(node)
        count[label] += 1
        labels[id] = label if count[label] == 1 else f"{label} ({count[label]})"
    return labels


def _label(node: Node) -> str:
    values = node.attributes
    if node.kind is EntityKind.PROCESS:
        return f"{values.get('comm', '?')}:{values['pid']}"
    if node.kind is EntityKind.FILE:
        return str(values.get("path") or "unnamed")
    if node.kind is EntityKind.PIPE:
        return " ".join(filter(None, (values["type"], values.get("path"))))
    if node.kind is EntityKind.SESSION:
        return f"session {values['ses']} of {values['auid']}"
    return (
        f"unix {values['path']}"
        if values["protocol"] == "unix"
        else f"{values['protocol']} {values['ip']}:{values['port']}"
    )
