"""Reduction: when repeated flows may become one run without changing any answer.

Two flows u -> v may join only if, between them, nothing entered u (else a backward trace would see a cause too many) and
nothing left v (else a forward trace would see an effect too early): the two conditions of Xu et al., "High Fidelity Data
Reduction for Big Data Security Dependency Analyses", CCS 2016. A channel that is open counts as entering and leaving all
the time. Flows are never merged across an endpoint: the log of the other end, which may come later, shows what enters it.
"""

from __future__ import annotations

from ..state.objects import GraphObject, Run

LONGEST_RUN = 64
"""The most flows in one run, so that its evidence stays small."""


def joinable(source: GraphObject, target: GraphObject, run: Run) -> bool:
    """Whether a flow that begins now may extend `run`, the last one from `source` to `target` of its kind."""
    since = run.last
    return (
        run.times < LONGEST_RUN
        and not source.open_in
        and not target.open_out
        and source.last_in <= since
        and target.last_out <= since
        and not source.shared
        and not target.shared
    )


def extend(run: Run, last: int, times: int, evidence: bytes) -> None:
    """Add `times` flows to `run`, the last of which ends at `last`."""
    run.last = max(run.last, last)
    run.times += times
    run.evidence += evidence
