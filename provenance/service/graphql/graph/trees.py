"""The tree of a process's descendants, level by level, with the number of processes that are not shown."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from provenance.errors import UsageError
from provenance.service.graphql.base.scalars import BigInt
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.processes import Process, children_in, process
from provenance.store.interface import Node

MOST_ROWS = 2_000
_DEPTHS = range(1, 33)
_BREADTHS = range(1, 101)


@strawberry.type(description="A process of a tree.")
class TreeRow:
    """A process of a tree, as a row; parents come before their children."""

    process: Process = strawberry.field(description="The process.")
    parent_id: strawberry.ID | None = strawberry.field(description="Its parent in the tree; null for the root.")
    depth: int = strawberry.field(description="The number of steps below the root.")
    child_count: BigInt = strawberry.field(description="The number of its children, whether in the tree or not.")
    hidden: BigInt = strawberry.field(
        description="The number of its children that are not in the tree; a tree with this process as its "
        "root contains them."
    )


@strawberry.type(
    description="A tree of the descendants of a process. Request another tree from any of them to expand it."
)
class ProcessTree:
    """A tree: its rows from the top, level by level, each level in order of time."""

    rows: list[TreeRow] = strawberry.field(description="The processes, level by level.")
    hidden: BigInt = strawberry.field(description="The number of children that are not in the tree.")


@dataclass(slots=True)
class _TreeNode:
    node: Node
    parent: Node | None
    depth: int
    children: int = 0
    shown: int = 0


async def tree(work: Work, root: int, depth: int, breadth: int) -> ProcessTree | None:
    """The tree below a process, None if the id is not a process. The store is read twice for each level. Raises UsageError."""
    if depth not in _DEPTHS or breadth not in _BREADTHS:
        raise UsageError(f"invalid tree size: expected depth 1 to {_DEPTHS[-1]} and breadth 1 to {_BREADTHS[-1]}")
    top = await process(work, root)
    if top is None:
        return None
    nodes_by_id = {root: _TreeNode(top.node, None, 0)}
    level, number = [root], 1
    while level:
        level = await _add_level(work, nodes_by_id, level, number, breadth if number <= depth else 0)
        number += 1
    rows = [_row(row) for row in nodes_by_id.values()]
    return ProcessTree(rows=rows, hidden=BigInt(sum(row.children - row.shown for row in nodes_by_id.values())))


async def _add_level(
    work: Work, nodes_by_id: dict[int, _TreeNode], level: list[int], depth: int, breadth: int
) -> list[int]:
    """Counts the children of a level, adds the first of each process in order of time, and returns the ids of the added ones."""
    children = {id: children_in(runs) for id, runs in zip(level, await work.outgoing.load_many(level), strict=True)}
    for id, found in children.items():
        nodes_by_id[id].children = len(found)
    nodes = await work.nodes(list({id for found in children.values() for id in found})) if breadth else {}
    added: list[int] = []
    for parent, found in children.items():
        in_order = sorted((nodes[id] for id in found if id in nodes), key=lambda node: (node.first, node.id))
        for node in in_order[:breadth]:
            if node.id not in nodes_by_id and len(nodes_by_id) < MOST_ROWS:
                nodes_by_id[node.id] = _TreeNode(node, nodes_by_id[parent].node, depth)
                nodes_by_id[parent].shown += 1
                added.append(node.id)
    return added


def _row(row: _TreeNode) -> TreeRow:
    parent = None if row.parent is None else Process.of(row.parent).id
    return TreeRow(
        process=Process.of(row.node),
        parent_id=parent,
        depth=row.depth,
        child_count=BigInt(row.children),
        hidden=BigInt(row.children - row.shown),
    )
