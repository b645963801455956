"""What one operation may ask for and take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`cost` is that of `provenance.service.graphql.guard.cost`; `seconds` the time of a query or mutation, `trace_seconds` of a
    trace that a subscription follows; `trace_nodes` and `trace_edges` the greatest budget of a trace; `workers` how many
    operations read the store at once; `ask_again_seconds` how long a stream goes on before it is looked whether its token
    still holds."""

    depth: int = 16
    tokens: int = 2_000
    aliases: int = 30
    cost: int = 20_000
    seconds: float = 30.0
    trace_seconds: float = 120.0
    trace_nodes: int = 50_000
    trace_edges: int = 500_000
    runs_per_entity: int = 5_000
    workers: int = 4
    subscriptions: int = 20
    every_seconds: float = 0.5
    ask_again_seconds: float = 30.0
    introspection: bool = False
