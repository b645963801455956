"""Budgets: limits of a trace. A trace reports what its budget left out."""

from __future__ import annotations

from dataclasses import dataclass

MOST_STEPS = 60
"""The most steps of a chain, unless all are requested."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one trace: entities, edges, steps from the start, and runs read of one entity (None: no limit)."""

    nodes: int = 50_000
    edges: int = 500_000
    depth: int | None = None
    runs_per_node: int = 20_000


DEFAULT = Budget()
