"""Provisional runs: written so that they can be taken back exactly.

A `Provisional` node stands for each; when the run was there and settled, it holds what the run was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.flows import Place, create, folded, grow, merged, read_known
from provenance.store.neo4j.server import Run
from provenance.store.neo4j.text import digest, pack_json


def write(run: Run, flows: Iterable[Flow], host: str) -> Counter[str]:
    """Write provisional runs of a host; how many of each kind were new."""
    added: Counter[str] = Counter()
    for kind, runs in folded(flows).items():
        places = sorted(runs)
        known = read_known(run, kind, places)
        for some in chunks(places):
            rows = [provisional_row(kind, place, known.get(place)) for place in some]
            run("ingest/provisional", kind=kind.name, host=host, rows=rows)
        grow(run, kind, (merged(known[place], runs[place]) for place in places if place in known))
        create(run, [runs[place] for place in places if place not in known])
        added[kind.name] += len(places) - len(known)
    return added


def provisional_row(kind: FlowKind, place: Place, known: Flow | None) -> dict[str, Any]:
    """What is kept of a provisional run, laid over the one that is `known`, as a row of `ingest/provisional`."""
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
    """Take back the provisional runs of a host; how many of each kind are gone, as negative numbers."""
    run("ingest/restore", host=host)
    gone = Counter({kind: -amount for kind, amount in run("ingest/drop_provisional", host=host)})
    run("ingest/forget_provisional", host=host)
    return gone
