"""Provisional runs: written so that they can be taken back exactly.

A `Provisional` node stands for each; when the run was there and settled, it holds what the run was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ingest.facts import Flow, FlowKind
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.flows import Place, folded, merged, to_row
from provenance.store.neo4j.server import Run
from provenance.store.neo4j.text import digest, pack_json, unpack_json


def write(run: Run, flows: Iterable[Flow], host: str) -> Counter[str]:
    """Write provisional runs of a host; how many of each kind were new."""
    added: Counter[str] = Counter()
    for kind, runs in folded(flows).items():
        for places in chunks(sorted(runs)):
            known = _known(run, kind, places)
            rows = [_row(runs[place], known.get(place)) for place in places]
            run("ingest/provisional", kind=kind.name, host=host, rows=rows)
            added[kind.name] += len(places) - len(known)
    return added


def _known(run: Run, kind: FlowKind, places: list[Place]) -> dict[Place, Flow]:
    asked = [
        {"place": number, "source": source, "target": target, "kind": kind.name, "first": first}
        for number, (source, target, first) in enumerate(places)
    ]
    known = {}
    for number, last, times, evidence, open, detail in run("ingest/known_runs", rows=asked):
        parsed = None if detail is None else unpack_json(detail)
        place = places[number]
        known[place] = Flow(kind, *place, last, times, bytes(evidence), open is True, parsed)
    return known


def _row(flow: Flow, known: Flow | None) -> dict[str, Any]:
    row = to_row(flow if known is None else merged(known, flow))
    row["key"] = digest(flow.kind.name, *flow[1:4])
    row["covered"] = None
    if known is not None and not known.open:
        row["covered"] = {
            "covered_last": known.last,
            "covered_times": known.times,
            "covered_evidence": known.evidence,
            "covered_detail": None if known.detail is None else pack_json(known.detail),
        }
    return row


def drop(run: Run, host: str) -> Counter[str]:
    """Take back the provisional runs of a host; how many of each kind are gone, as negative numbers."""
    run("ingest/restore", host=host)
    gone = Counter({kind: -amount for kind, amount in run("ingest/drop_provisional", host=host)})
    run("ingest/forget_provisional", host=host)
    return gone
