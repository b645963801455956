"""Writing and reading runs: relationships whose type is the kind of flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ingest.facts import Flow, FlowKind
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.server import Row, Run
from provenance.store.neo4j.text import pack_json, unpack_json

KINDS = {kind.name: kind.value for kind in FlowKind}
"""The number of each type of relationship: what statements order and answer by."""
_BY_NUMBER = {kind.value: kind for kind in FlowKind}

Place = tuple[int, int, int]
"""source, target, first: a run among those of its kind."""


def to_flow(row: Row) -> Flow:
    """A row of kind, source, target, first, last, times, evidence, open, detail as a flow."""
    kind, source, target, first, last, times, evidence, open, detail = row
    parsed = None if detail is None else unpack_json(detail)
    return Flow(_BY_NUMBER[kind], source, target, first, last, times, bytes(evidence), open is True, parsed)


def merged(known: Flow, again: Flow) -> Flow:
    """What becomes of a run that is given again."""
    return known._replace(
        last=max(known.last, again.last),
        times=max(known.times, again.times),
        evidence=again.evidence if len(again.evidence) > len(known.evidence) else known.evidence,
        open=again.open,
        detail=again.detail if again.detail is not None else known.detail,
    )


def folded(flows: Iterable[Flow]) -> dict[FlowKind, dict[Place, Flow]]:
    """Flows by kind and place, those of one place made one."""
    kinds: dict[FlowKind, dict[Place, Flow]] = {}
    for flow in flows:
        runs = kinds.setdefault(flow.kind, {})
        place = flow[1:4]
        runs[place] = merged(runs[place], flow) if place in runs else flow
    return kinds


def write(run: Run, flows: Iterable[Flow], newest: int) -> Counter[str]:
    """Write settled runs of a host; how many of each kind were new.

    `newest` is the greatest moment at which a run of the host begins so far: what begins later is written without being
    looked for, which takes a third of the time and needs no plan that could turn out wrong (in an empty database the
    planner prefers to scan all runs). In order of their ends, so that two writers who meet wait for each other instead
    of locking each other out.
    """
    added: Counter[str] = Counter()
    for kind, runs in folded(flows).items():
        later = sorted(place for place in runs if place[2] > newest)
        for places in chunks(later):
            run("ingest/new_runs", kind=kind.name, rows=[_new_row(runs[place]) for place in places])
        for places in chunks(sorted(place for place in runs if place[2] <= newest)):
            ((new,),) = run("ingest/runs", kind=kind.name, rows=[to_row(runs[place]) for place in places])
            added[kind.name] += new
        added[kind.name] += len(later)
    return added


def write_reached(run: Run, flows: Iterable[Flow]) -> Counter[str]:
    """Write REACHED flows; how many were new."""
    added: Counter[str] = Counter()
    for runs in folded(flows).values():
        for places in chunks(sorted(runs)):
            ((new,),) = run("ingest/reached", rows=[to_row(runs[place]) for place in places])
            added[FlowKind.REACHED.name] += new
    return added


def to_row(flow: Flow) -> dict[str, Any]:
    """A flow as a row of `ingest/runs`."""
    return {
        "source": flow.source,
        "target": flow.target,
        "first": flow.first,
        "last": flow.last,
        "times": flow.times,
        "evidence": flow.evidence,
        "detail": None if flow.detail is None else pack_json(flow.detail),
    }


def _new_row(flow: Flow) -> dict[str, Any]:
    """A flow as a row of `ingest/new_runs`."""
    row = to_row(flow)
    return {"source": row.pop("source"), "target": row.pop("target"), "run": row}
