"""The process tree below a process, level by level, with counts of what is not shown."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from provenance.errors import UsageError
from provenance.service.graphql.base.scalars import BigInt
from provenance.service.graphql.base.work import Work
from provenance.service.graphql.graph.entities import Process, children_in, process
from provenance.store.interface import Node

MOST_ROWS = 2_000
_DEPTHS = range(1, 33)
_BREADTHS = range(1, 101)


@strawberry.type(description="A process of a tree.")
class TreeRow:
    """A row; parents come before their children."""

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
    """Rows from the top, level by level, each level in order of time."""

    rows: list[TreeRow] = strawberry.field(description="The processes, level by level.")
    hidden: BigInt = strawberry.field(description="The number of children that are not in the tree.")


@dataclass(slots=True)
class _Grown:
    node: Node
    parent: Node | None
    depth: int
    children: int = 0
    shown: int = 0


async def tree(work: Work, root: int, depth: int, breadth: int) -> ProcessTree | None:
    """The tree below a process, None when there is no such process; the store is asked twice a level. Raises
    UsageError."""
    if depth not in _DEPTHS or breadth not in _BREADTHS:
        raise UsageError(f"depth is 1 to {_DEPTHS[-1]} and breadth 1 to {_BREADTHS[-1]}")
    top = await process(work, root)
    if top is None:
        return None
    grown = {root: _Grown(top.node, None, 0)}
    level = [root]
    for below in range(1, depth + 2):
        level = await _grow(work, grown, level, below, breadth if below <= depth else 0)
        if not level:
            break
    rows = [_row(row) for row in grown.values()]
    return ProcessTree(rows=rows, hidden=BigInt(sum(row.children - row.shown for row in grown.values())))


async def _grow(work: Work, grown: dict[int, _Grown], level: list[int], depth: int, breadth: int) -> list[int]:
    """Count the children of a level and add the first of them, in order of time."""
    children = {id: children_in(runs) for id, runs in zip(level, await work.outgoing.load_many(level), strict=True)}
    for id, found in children.items():
        grown[id].children = len(found)
    nodes = await work.nodes(list({id for found in children.values() for id in found})) if breadth else {}
    following: list[int] = []
    for parent, found in children.items():
        born = sorted((nodes[id] for id in found if id in nodes), key=lambda node: (node.first, node.id))
        for node in born[:breadth]:
            if node.id not in grown and len(grown) < MOST_ROWS:
                grown[node.id] = _Grown(node, grown[parent].node, depth)
                grown[parent].shown += 1
                following.append(node.id)
    return following


def _row(row: _Grown) -> TreeRow:
    parent = None if row.parent is None else Process.of(row.parent).id
    return TreeRow(
        process=Process.of(row.node),
        parent_id=parent,
        depth=row.depth,
        child_count=BigInt(row.children),
        hidden=BigInt(row.children - row.shown),
    )
