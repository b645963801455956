"""Writing and reading runs: relationships whose type is the kind of flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.neo4j.entities import chunks
from provenance.store.neo4j.server import Row, Run
from provenance.store.neo4j.text import pack_json, unpack_json

KINDS = {kind.name: kind.value for kind in FlowKind}
"""The number of each type of relationship, by which statements order and return runs."""
_BY_NUMBER = {kind.value: kind for kind in FlowKind}
_NAMES = tuple(_BY_NUMBER[number].name if number in _BY_NUMBER else "" for number in range(max(_BY_NUMBER) + 1))
"""Names by number: `kind.name` on hundreds of thousands of runs takes longer than packing them."""

Place = tuple[int, int, int]
"""source, target, first: a run among those of its kind."""
_NewRuns = tuple[list[int], list[list[Any]]]
"""The `keys` and `rows` of `ingest/new_runs`."""


def to_flow(row: Row) -> Flow:
    """A row of kind, source, target, first, last, times, evidence, open, detail as a flow."""
    kind, source, target, first, last, times, evidence, open, detail = row
    parsed = None if detail is None else unpack_json(detail)
    return Flow(_BY_NUMBER[kind], source, target, first, last, times, _events(evidence), open is True, parsed)


def _events(evidence: Any) -> bytes:
    """The evidence of a run. It can be missing, because an offline import cannot write empty bytes."""
    return b"" if evidence is None else bytes(evidence)


def merged(known: Flow, again: Flow) -> Flow:
    """A run that is given again, merged with the stored one."""
    return known._replace(
        last=max(known.last, again.last),
        times=max(known.times, again.times),
        evidence=again.evidence if len(again.evidence) > len(known.evidence) else known.evidence,
        open=again.open,
        detail=again.detail if again.detail is not None else known.detail,
    )


def merged_by_place(flows: Iterable[Flow]) -> dict[FlowKind, dict[Place, Flow]]:
    """Flows by kind and place; flows with the same place are merged."""
    kinds: dict[FlowKind, dict[Place, Flow]] = {}
    for flow in flows:
        runs = kinds.setdefault(flow.kind, {})
        place = flow[1:4]
        runs[place] = merged(runs[place], flow) if place in runs else flow
    return kinds


class FinalRuns(NamedTuple):
    """The settled runs of a batch, prepared for writing: by kind and place, and as rows for the case that all are new."""

    kinds: dict[FlowKind, dict[Place, Flow]]
    new_runs: list[_NewRuns]


def prepare_settled(flows: Iterable[Flow]) -> FinalRuns:
    """Prepare settled runs for writing."""
    kinds = merged_by_place(flows)
    return FinalRuns(kinds, list(_chunks_of_new(flow for runs in kinds.values() for flow in runs.values())))


def write(run: Run, prepared: FinalRuns, newest: int) -> Counter[str]:
    """Write settled runs of a host, and return how many of each kind were new.

    `newest` is the greatest moment at which a run of the host begins so far: later runs are written without looking
    for stored ones. They are written in order of their ends, so that two writers wait for each other instead of deadlocking.
    """
    added: Counter[str] = Counter()
    existing: set[tuple[FlowKind, Place]] = set()
    for kind, runs in prepared.kinds.items():
        known = read_known(run, kind, sorted(place for place in runs if place[2] <= newest))
        again = {place: merged(known[place], runs[place]) for place in known}
        update(run, kind, (flow for place, flow in sorted(again.items()) if flow != known[place]))
        existing.update((kind, place) for place in known)
        added[kind.name] += len(runs) - len(known)
    if existing:
        flows = (flow for runs in prepared.kinds.values() for flow in runs.values())
        create(run, (flow for flow in flows if (flow.kind, flow[1:4]) not in existing))
    else:
        _create(run, prepared.new_runs)
    return added


def read_known(run: Run, kind: FlowKind, places: Iterable[Place]) -> dict[Place, Flow]:
    """The stored ones of the given runs."""
    known: dict[Place, Flow] = {}
    for requested in chunks(places):
        rows = [
            {"place": number, "source": source, "target": target, "first": first}
            for number, (source, target, first) in enumerate(requested)
        ]
        for number, last, times, evidence, open, detail in run("ingest/known_runs", kind=kind.name, rows=rows):
            parsed = None if detail is None else unpack_json(detail)
            source, target, first = requested[number]
            found = Flow(kind, source, target, first, last, times, _events(evidence), open is True, parsed)
            known[requested[number]] = found
    return known


def create(run: Run, flows: Iterable[Flow]) -> None:
    """Write new runs."""
    _create(run, _chunks_of_new(flows))


def _create(run: Run, new_runs: Iterable[_NewRuns]) -> None:
    """Write new runs. Only here the type of a relationship is given as data: a search by such a type may find another one in
    Neo4j 2026.09."""
    for keys, rows in new_runs:
        run("ingest/new_runs", keys=keys, rows=rows)


def _chunks_of_new(flows: Iterable[Flow]) -> Iterator[_NewRuns]:
    for chunk in chunks(_new_rows(flows)):
        keys = sorted({end for row in chunk for end in row[:2]})
        places = {key: place for place, key in enumerate(keys)}
        yield (
            keys,
            [
                [places[source], places[target], first, kind, last, times, evidence, open, detail]
                for source, target, first, kind, last, times, evidence, open, detail in chunk
            ],
        )


def _new_rows(flows: Iterable[Flow]) -> list[tuple[Any, ...]]:
    """Rows of `ingest/new_runs`, with ids as ends, in order of (source, target, first)."""
    return sorted(
        (source, target, first, _NAMES[kind], last, times, evidence, open or None, _packed_detail(detail))
        for kind, source, target, first, last, times, evidence, open, detail in flows
    )


def _packed_detail(detail: Mapping[str, Any] | None) -> str | None:
    return None if detail is None else pack_json(detail)


def update(run: Run, kind: FlowKind, flows: Iterable[Flow]) -> None:
    """Update stored runs."""
    for chunk in chunks(flows):
        run("ingest/grown_runs", kind=kind.name, rows=list(map(run_row, chunk)))


def run_row(flow: Flow) -> dict[str, Any]:
    """A run as a row of `ingest/grown_runs` and `ingest/reached`."""
    run = {
        "first": flow.first,
        "last": flow.last,
        "times": flow.times,
        "evidence": flow.evidence,
        "detail": _packed_detail(flow.detail),
        "open": flow.open or None,
    }
    return {"source": flow.source, "target": flow.target, "run": run}


def write_reached(run: Run, flows: Iterable[Flow]) -> Counter[str]:
    """Write REACHED flows, and return how many were new."""
    added: Counter[str] = Counter()
    for runs in merged_by_place(flows).values():
        for places in chunks(sorted(runs)):
            ((new,),) = run("ingest/reached", rows=[run_row(runs[place]) for place in places])
            added[FlowKind.REACHED.name] += new
    return added
