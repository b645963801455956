"""Provisional runs: written so that they can be undone exactly.

Each has a `Provisional` node; if the run covers a settled one, the node holds the settled run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.flows import Place, create, merged, merged_by_place, read_known, update
from provenance.store.neo4j.server import Run
from provenance.store.neo4j.text import digest, pack_json


def write(run: Run, flows: Iterable[Flow], host: str) -> Counter[str]:
    """Write provisional runs of a host, and return how many of each kind were new."""
    added: Counter[str] = Counter()
    for kind, runs in merged_by_place(flows).items():
        places = sorted(runs)
        known = read_known(run, kind, places)
        for some in chunks(places):
            rows = [provisional_row(kind, place, known.get(place)) for place in some]
            run("ingest/provisional", kind=kind.name, host=host, rows=rows)
        update(run, kind, (merged(known[place], runs[place]) for place in places if place in known))
        create(run, [runs[place] for place in places if place not in known])
        added[kind.name] += len(places) - len(known)
    return added


def provisional_row(kind: FlowKind, place: Place, known: Flow | None) -> dict[str, Any]:
    """A provisional run that covers the stored run `known` as a row of `ingest/provisional`."""
    source, target, first = place
    covered = None
    if known is not None and not known.open:
        covered = {
            "covered_last": known.last,
            "covered_times": known.times,
            "covered_evidence": known.evidence,
            "covered_detail": None if known.detail is None else pack_json(known.detail),
        }
    key = digest(kind.name, source, target, first)
    return {"key": key, "source": source, "target": target, "first": first, "covered": covered}


def drop(run: Run, host: str) -> Counter[str]:
    """Remove the provisional runs of a host and restore what they covered; how many of each kind were removed, as negative
    numbers."""
    run("ingest/restore", host=host)
    removed = Counter({kind: -amount for kind, amount in run("ingest/drop_provisional", host=host)})
    run("ingest/forget_provisional", host=host)
    return removed
