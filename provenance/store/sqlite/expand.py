"""One step of a trace: the runs into, or out of, a whole frontier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from provenance.ingest.clock import LAST
from provenance.ingest.facts import Flow, FlowKind
from provenance.store.interface import Direction
from provenance.store.sqlite.text import pack_json, unpack_json

Query = Callable[..., list[Any]]
"""Runs a statement and returns all its rows."""

COLUMNS = (
    "flow.kind, source.id, target.id, flow.first, flow.last, flow.times, flow.evidence, flow.open IS NOT NULL,"
    " flow.detail"
)
"""The columns of `to_flow`."""
_KINDS = [FlowKind(number) if number else FlowKind.SPAWNED for number in range(max(FlowKind) + 1)]
_CHUNK = 2_000
_REACHED = FlowKind.REACHED.value

_FRONTIER = "FROM json_each(?1) AS requested CROSS JOIN node AS {end} ON {end}.id = CAST(requested.key AS INTEGER)"
_TO, _FROM = _FRONTIER.format(end="target"), _FRONTIER.format(end="source")
_SOURCE = "CROSS JOIN node AS source ON source.key = flow.source"
_TARGET = "CROSS JOIN node AS target ON target.key = flow.target"
_BACKWARD = f"""
SELECT {COLUMNS} {_TO} CROSS JOIN flow ON flow.target = target.key AND flow.first <= requested.value {_SOURCE}
"""
_BACKWARD_NEAREST = f"""
WITH target AS MATERIALIZED (
    SELECT target.key, target.id, requested.value AS bound, (
        SELECT first FROM flow WHERE flow.target = target.key AND flow.first <= requested.value
        ORDER BY first DESC LIMIT 1 OFFSET ?2
    ) AS least {_TO}
)
SELECT {COLUMNS} FROM target CROSS JOIN flow
ON flow.target = target.key AND flow.first <= target.bound AND flow.first >= coalesce(target.least, -1) {_SOURCE}
"""
_BACKWARD_REACHED = f"""
SELECT {COLUMNS} {_TO} CROSS JOIN flow INDEXED BY flow_reached
ON flow.kind = {_REACHED} AND flow.target = target.key AND flow.first > requested.value {_SOURCE}
"""
_FORWARD = f"""
SELECT {COLUMNS} {_FROM} CROSS JOIN flow INDEXED BY flow_source
ON flow.source = source.key AND flow.last >= requested.value {_TARGET}
"""
_FORWARD_NEAREST = f"""
WITH source AS MATERIALIZED (
    SELECT source.key, source.id, requested.value AS bound, (
        SELECT first FROM flow INDEXED BY flow_source WHERE flow.source = source.key AND flow.last >= requested.value
        ORDER BY first LIMIT 1 OFFSET ?2
    ) AS greatest {_FROM}
)
SELECT {COLUMNS} FROM source CROSS JOIN flow INDEXED BY flow_source
ON flow.source = source.key AND flow.last >= source.bound
AND flow.first <= coalesce(source.greatest, {LAST}) {_TARGET}
"""
_FORWARD_REACHED = f"""
SELECT {COLUMNS} {_FROM} CROSS JOIN flow INDEXED BY flow_reached_by
ON flow.kind = {_REACHED} AND flow.source = source.key AND flow.last < requested.value {_TARGET}
"""
STATEMENTS = {
    Direction.BACKWARD: (_BACKWARD, _BACKWARD_NEAREST, _BACKWARD_REACHED),
    Direction.FORWARD: (_FORWARD, _FORWARD_NEAREST, _FORWARD_REACHED),
}
"""Per direction: all runs of a frontier {id: bound}; those nearest to the bounds; REACHED runs beyond the bounds."""
_ORDER = {Direction.BACKWARD: itemgetter(2, 3, 1, 0), Direction.FORWARD: itemgetter(1, 3, 2, 0)}


def to_flow(row: tuple[Any, ...]) -> Flow:
    """A row of `COLUMNS` as a flow."""
    kind, source, target, first, last, times, evidence, open, detail = row
    parsed = None if detail is None else unpack_json(detail)
    return Flow(_KINDS[kind], source, target, first, last, times, evidence, open == 1, parsed)


def expand(
    query: Query, direction: Direction, frontier: Mapping[int, int], limit: int | None, reached: bool
) -> Iterator[Flow]:
    """See `Store.expand`. `reached` says whether the store holds REACHED flows at all."""
    all_runs, nearest, beyond = STATEMENTS[direction]
    ordered = iter(sorted(frontier.items()))
    while chunk := dict(islice(ordered, _CHUNK)):
        requested = pack_json(chunk)
        rows = query(all_runs, (requested,)) if limit is None else query(nearest, (requested, max(limit - 1, 0)))
        if reached:
            rows += query(beyond, (requested,))
        rows.sort(key=_ORDER[direction])
        if limit is not None:
            rows = _nearest(rows, direction, limit)
        for row in rows:
            yield to_flow(row)


def _nearest(rows: list[Any], direction: Direction, limit: int) -> list[Any]:
    """At most `limit` rows per node; among those that begin together, the first in order."""
    if len(rows) <= limit:
        return rows
    end = 2 if direction is Direction.BACKWARD else 1
    selected: list[Any] = []
    for _, group in groupby(rows, itemgetter(end)):
        found = list(group)
        if len(found) > limit:
            if direction is Direction.BACKWARD:
                found.sort(key=lambda row: -row[3])
            found = sorted(found[:limit], key=_ORDER[direction])
        selected += found
    return selected
