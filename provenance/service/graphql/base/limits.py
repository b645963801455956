"""The limits of operations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of operations. `cost` is that of `guard.cost`; `seconds` is the time of a query or mutation, `trace_seconds`
    of a trace; `trace_nodes` and `trace_edges` are the largest budget of a trace; `workers` is how many operations read the
    store at once, `workers_each` how many of one token; `operations_each` is how many of one token are open, subscriptions
    that wait included; `poll_seconds` is the interval in which a stream looks for changes, `token_check_seconds` that in which it
    checks its token again."""

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
    workers_each: int = 2
    operations_each: int = 300
    subscriptions: int = 20
    poll_seconds: float = 0.5
    token_check_seconds: float = 30.0
    introspection: bool = False
