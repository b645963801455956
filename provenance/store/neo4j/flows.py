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
"""The number of each type of relationship: what statements order and answer by."""
_BY_NUMBER = {kind.value: kind for kind in FlowKind}
_NAMES = tuple(_BY_NUMBER[number].name if number in _BY_NUMBER else "" for number in range(max(_BY_NUMBER) + 1))
"""By number: asking each kind of 100,000s of runs for its name takes longer than packing them."""

Place = tuple[int, int, int]
"""source, target, first: a run among those of its kind."""
_Piece = tuple[list[int], list[list[Any]]]
"""The `keys` and `rows` of `ingest/new_runs`."""


def to_flow(row: Row) -> Flow:
    """A row of kind, source, target, first, last, times, evidence, open, detail as a flow."""
    kind, source, target, first, last, times, evidence, open, detail = row
    parsed = None if detail is None else unpack_json(detail)
    return Flow(_BY_NUMBER[kind], source, target, first, last, times, _events(evidence), open is True, parsed)


def _events(evidence: Any) -> bytes:
    """The evidence of a run; that of one without any may be missing, as an offline import cannot make empty bytes."""
    return b"" if evidence is None else bytes(evidence)


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


class Settled(NamedTuple):
    """Settled runs of a host, ready to be written: by kind and place, and as what is sent when none is there yet."""

    kinds: dict[FlowKind, dict[Place, Flow]]
    pieces: list[_Piece]


def settled(flows: Iterable[Flow]) -> Settled:
    """Make settled runs ready."""
    kinds = folded(flows)
    return Settled(kinds, list(_pieces(flow for runs in kinds.values() for flow in runs.values())))


def write(run: Run, ready: Settled, newest: int) -> Counter[str]:
    """Write settled runs of a host; how many of each kind were new.

    `newest` is the greatest moment at which a run of the host begins so far: what begins later is written without being
    looked for. In order of their ends, so that two writers who meet wait for each other instead of locking each other
    out.
    """
    added: Counter[str] = Counter()
    there: set[tuple[FlowKind, Place]] = set()
    for kind, runs in ready.kinds.items():
        known = read_known(run, kind, sorted(place for place in runs if place[2] <= newest))
        again = {place: merged(known[place], runs[place]) for place in known}
        grow(run, kind, (flow for place, flow in sorted(again.items()) if flow != known[place]))
        there.update((kind, place) for place in known)
        added[kind.name] += len(runs) - len(known)
    if there:
        flows = (flow for runs in ready.kinds.values() for flow in runs.values())
        create(run, (flow for flow in flows if (flow.kind, flow[1:4]) not in there))
    else:
        _create(run, ready.pieces)
    return added


def read_known(run: Run, kind: FlowKind, places: Iterable[Place]) -> dict[Place, Flow]:
    """The runs that are there of those asked for."""
    known: dict[Place, Flow] = {}
    for asked in chunks(places):
        rows = [
            {"place": number, "source": source, "target": target, "first": first}
            for number, (source, target, first) in enumerate(asked)
        ]
        for number, last, times, evidence, open, detail in run("ingest/known_runs", kind=kind.name, rows=rows):
            parsed = None if detail is None else unpack_json(detail)
            source, target, first = asked[number]
            found = Flow(kind, source, target, first, last, times, _events(evidence), open is True, parsed)
            known[asked[number]] = found
    return known


def create(run: Run, flows: Iterable[Flow]) -> None:
    """Write runs that are not there."""
    _create(run, _pieces(flows))


def _create(run: Run, pieces: Iterable[_Piece]) -> None:
    """A relationship's type is given as data here and nowhere else: where one is looked for by such a type, Neo4j 2026.09
    may find another one."""
    for keys, rows in pieces:
        run("ingest/new_runs", keys=keys, rows=rows)


def _pieces(flows: Iterable[Flow]) -> Iterator[_Piece]:
    for some in chunks(_new_rows(flows)):
        keys = sorted({end for row in some for end in row[:2]})
        places = {key: place for place, key in enumerate(keys)}
        yield (
            keys,
            [
                [places[source], places[target], first, kind, last, times, evidence, open, detail]
                for source, target, first, kind, last, times, evidence, open, detail in some
            ],
        )


def _new_rows(flows: Iterable[Flow]) -> list[tuple[Any, ...]]:
    """Rows of `ingest/new_runs`, but for the ends, in order of (source, target, first)."""
    return sorted(
        (source, target, first, _NAMES[kind], last, times, evidence, open or None, _said(detail))
        for kind, source, target, first, last, times, evidence, open, detail in flows
    )


def _said(detail: Mapping[str, Any] | None) -> str | None:
    return None if detail is None else pack_json(detail)


def grow(run: Run, kind: FlowKind, flows: Iterable[Flow]) -> None:
    """Write what has become of runs that are there."""
    for some in chunks(flows):
        run("ingest/grown_runs", kind=kind.name, rows=list(map(run_row, some)))


def run_row(flow: Flow) -> dict[str, Any]:
    """A run as a row of `ingest/grown_runs` and `ingest/reached`."""
    run = {
        "first": flow.first,
        "last": flow.last,
        "times": flow.times,
        "evidence": flow.evidence,
        "detail": _said(flow.detail),
        "open": flow.open or None,
    }
    return {"source": flow.source, "target": flow.target, "run": run}


def write_reached(run: Run, flows: Iterable[Flow]) -> Counter[str]:
    """Write REACHED flows; how many were new."""
    added: Counter[str] = Counter()
    for runs in folded(flows).values():
        for places in chunks(sorted(runs)):
            ((new,),) = run("ingest/reached", rows=[run_row(runs[place]) for place in places])
            added[FlowKind.REACHED.name] += new
    return added
