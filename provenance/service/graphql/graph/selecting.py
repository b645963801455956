"""The start of a trace as an input object: SELECT of the command line."""

from __future__ import annotations

from dataclasses import asdict

import strawberry

from provenance.errors import UsageError
from provenance.investigation.selecting import StartSelection
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.scalars import BigInt, Pattern, Text
from provenance.trace.slice.budget import MOST_STEPS, Budget


@strawberry.input(description="What a trace starts from. A match meets all conditions that are given.")
class SelectionInput:
    """The start of a trace. `command` with `remoteIp` selects the flow between the two."""

    id: strawberry.ID | None = strawberry.field(default=None, description="The entity with this id.")
    alert: strawberry.ID | None = strawberry.field(default=None, description="What the alert with this id is about.")
    event: strawberry.ID | None = strawberry.field(
        default=None, description="The audit event `HOST/SECONDS.MILLISECONDS:SERIAL`."
    )
    host: Text | None = strawberry.field(default=None, description="Only on this host.")
    command: Pattern | None = strawberry.field(
        default=None, description="Processes whose command line (argv joined by single spaces) contains a match."
    )
    pid: BigInt | None = strawberry.field(default=None, description="Processes with this process id.")
    file: Text | None = strawberry.field(
        default=None, description="Files that had this path at any time; the path may be a glob pattern."
    )
    remote_ip: str | None = strawberry.field(
        default=None,
        description="Network peers with this address; with a condition on a process, the "
        "flow between the process and the peer.",
    )
    remote_port: BigInt | None = strawberry.field(default=None, description="The port of the peer.")
    hash: str | None = strawberry.field(
        default=None, description="Files that had this hash at any time: a SHA-256, or ALGORITHM:HEX."
    )
    all: bool = strawberry.field(
        default=False, description="Start from every match. If false, several matches are an error, which lists them."
    )

    def selection(self) -> StartSelection:
        """The selection, independent of GraphQL."""
        return StartSelection(**asdict(self))


@strawberry.input(description="Limits of a trace. `truncated` reports what they leave out.")
class BudgetInput:
    """Limits of one trace."""

    nodes: int = strawberry.field(default=10_000, description="The largest number of entities.")
    edges: int = strawberry.field(default=100_000, description="The largest number of runs of flows.")
    depth: int | None = strawberry.field(
        default=None, description="The largest number of steps from the start; null for no limit."
    )
    steps: int | None = strawberry.field(
        default=MOST_STEPS, description="The largest number of steps of the story; null for every step."
    )


def budget_of(requested: BudgetInput, limits: Limits) -> Budget:
    """The requested budget. Raises UsageError if it exceeds the limits."""
    for name, value, most in (
        ("nodes", requested.nodes, limits.trace_nodes),
        ("edges", requested.edges, limits.trace_edges),
        ("depth", requested.depth, 1_000),
        ("steps", requested.steps, limits.trace_nodes),
    ):
        if value is not None and not 1 <= value <= most:
            raise UsageError(f"budget.{name}: invalid value {value}: expected 1 to {most}")
    return Budget(requested.nodes, requested.edges, requested.depth)
