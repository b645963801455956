"""What a trace starts from: SELECT of the command line, as an input object."""

from __future__ import annotations

from dataclasses import asdict

import strawberry

from provenance.errors import UsageError
from provenance.investigation.selecting import StartSelection
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.scalars import BigInt, Pattern, Text
from provenance.trace.budget import Budget


@strawberry.input(description="What a trace starts from. All given conditions hold together.")
class SelectionInput:
    """`command` with `remoteIp` means the flow between the two."""

    id: strawberry.ID | None = strawberry.field(default=None, description="An entity.")
    alert: strawberry.ID | None = strawberry.field(default=None, description="What a received alert is about.")
    event: strawberry.ID | None = strawberry.field(default=None, description="An audit event.")
    host: Text | None = strawberry.field(default=None, description="On this host.")
    command: Pattern | None = strawberry.field(
        default=None, description="Searched in the full command line, argv joined by single spaces."
    )
    pid: BigInt | None = strawberry.field(default=None, description="Process id.")
    file: Text | None = strawberry.field(default=None, description="Any path a file ever had; may be a glob.")
    remote_ip: str | None = strawberry.field(
        default=None, description="A peer's address; with a process the flow between the process and it."
    )
    remote_port: BigInt | None = strawberry.field(default=None, description="The peer's port.")
    hash: str | None = strawberry.field(
        default=None, description="A hash that a file ever had: a SHA-256, or another as ALGORITHM:HEX."
    )
    all: bool = strawberry.field(
        default=False, description="Start from every match; else several matches are an error that lists them."
    )

    def selection(self) -> StartSelection:
        """The same as the rest of the service has it."""
        return StartSelection(**asdict(self))


@strawberry.input(description="How far a trace may go. What it leaves out is told.")
class BudgetInput:
    """Limits of one trace."""

    nodes: int = strawberry.field(default=10_000, description="Entities.")
    edges: int = strawberry.field(default=100_000, description="Runs of flows.")
    depth: int | None = strawberry.field(default=None, description="Steps from the start; null for no limit.")


def budget_of(asked: BudgetInput, limits: Limits) -> Budget:
    """A budget within the limits. Raises UsageError."""
    for name, value, most in (
        ("nodes", asked.nodes, limits.trace_nodes),
        ("edges", asked.edges, limits.trace_edges),
        ("depth", asked.depth, 1_000),
    ):
        if value is not None and not 1 <= value <= most:
            raise UsageError(f"a budget of {value} {name}: 1 to {most} are possible")
    return Budget(asked.nodes, asked.edges, asked.depth)
