"""The processes of a trace as a forest, and the forest as lines in order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from provenance.ingest.facts import LINEAGE, FlowKind
from provenance.ingest.identity import EntityKind
from provenance.render.touches import Touch, touches
from provenance.store.interface import Node
from provenance.trace.result import Slice


@dataclass(slots=True)
class Branch:
    """A process with its touches and the processes that it started. A child that only execs shares one branch with the
    program it runs: `images` then holds several program images, the last of them the program."""

    images: list[Node]
    replaced: bool = False
    """Whether it is the program that its parent's process executed next, with the same pid."""
    touches: list[Touch] = field(default_factory=list)
    children: list[Branch] = field(default_factory=list)

    @property
    def moment(self) -> int:
        return self.images[0].first


def forest(slice_: Slice) -> list[Branch]:
    """The processes of a slice as trees, with the roots in order of time. Every process occurs once."""
    touched = touches(slice_)
    processes = [node for node in slice_.nodes.values() if node.kind is EntityKind.PROCESS]
    parents: dict[int, tuple[int, bool]] = {}
    for edge in slice_.edges:
        if edge.kind in LINEAGE and (edge.kind is FlowKind.EXECUTED or edge.target not in parents):
            parents[edge.target] = (edge.source, edge.kind is FlowKind.EXECUTED)
    branches = {
        node.id: Branch([node], replaced=parents.get(node.id, (0, False))[1], touches=touched.get(node.id, []))
        for node in processes
    }
    roots: list[Branch] = []
    for node in sorted(processes, key=lambda node: (node.first, node.id)):
        parent = branches.get(parents[node.id][0]) if node.id in parents else None
        (roots if parent is None else parent.children).append(branches[node.id])
    for branch in branches.values():
        _join_fork_and_exec(branch)
    return roots


def _join_fork_and_exec(branch: Branch) -> None:
    """Joins a forked copy with the program that it executed, when that is its only child."""
    while branch.images[-1].attributes.get("forked") and len(branch.children) == 1 and branch.children[0].replaced:
        became = branch.children[0]
        branch.images += became.images
        branch.touches = sorted(branch.touches + became.touches, key=lambda touch: touch.moment)
        branch.children = became.children
        became.children, became.touches = [], []


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the tree. `guides` holds for each level, the line's own last, whether a later sibling follows."""

    moment: int
    guides: tuple[bool, ...]
    item: Branch | Touch


def rows(roots: list[Branch]) -> Iterator[Row]:
    """The lines of the forest from the top: each branch, then its touches and children, in order of time."""
    stack: list[Row] = [Row(root.moment, (), root) for root in reversed(roots)]
    while stack:
        row = stack.pop()
        yield row
        if isinstance(row.item, Branch):
            items: list[Branch | Touch] = [*row.item.touches, *row.item.children]
            items.sort(key=lambda item: (item.moment, isinstance(item, Branch)))
            below = [Row(item.moment, (*row.guides, item is not items[-1]), item) for item in items]
            stack += reversed(below)


def by_host(roots: list[Branch]) -> dict[str, list[Branch]]:
    """The roots of each host, hosts in order of their first moment."""
    hosts: dict[str, list[Branch]] = defaultdict(list)
    for root in sorted(roots, key=lambda root: root.moment):
        hosts[root.images[0].host].append(root)
    return hosts
