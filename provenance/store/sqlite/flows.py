"""Writing runs: new ones in bulk, stored ones extended, provisional ones so that they can be undone exactly."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.sqlite import witness
from provenance.store.sqlite.text import pack_json
from provenance.store.sqlite.witness import Run

Row = tuple[int, int, int, int, int, int, bytes | bytearray, int | None, str | None]
"""The columns of `flow`: those of a Run, open, detail. Nearly all runs are settled and without a detail: only these two are
NULL."""

Place = tuple[int, int, int]
"""target, first, source: a run's row, among those of its kind."""

_PLAIN = "INSERT INTO flow VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL) ON CONFLICT DO NOTHING"
_INSERT = "INSERT INTO flow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_GROW = """
INSERT INTO flow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (target, first, source, kind) DO UPDATE SET
    last = max(last, excluded.last),
    times = max(times, excluded.times),
    evidence = CASE WHEN length(excluded.evidence) > length(evidence) THEN excluded.evidence ELSE evidence END,
    open = CASE WHEN open IS NULL THEN NULL ELSE excluded.open END,
    detail = coalesce(excluded.detail, detail)
WHERE last < excluded.last OR times < excluded.times OR length(evidence) < length(excluded.evidence)
    OR open IS NOT NULL OR detail IS NOT excluded.detail
"""
_OVERLAY = """
INSERT INTO overlaid
SELECT target, first, source, kind, last, times, evidence, ?5, detail FROM flow
WHERE target = ?1 AND first = ?2 AND source = ?3 AND kind = ?4 AND open IS NULL
ON CONFLICT DO NOTHING
"""
_OPEN = """
UPDATE flow SET open = ?5
WHERE target = ?1 AND first = ?2 AND source = ?3 AND kind = ?4 AND open IS NULL
"""
_INT_KINDS = list(range(256))
"""Plain ints by kind: sqlite3 looks for an adapter for an IntEnum first, which is slow."""


def to_row(flow: Flow, keys: Mapping[int, int], open: int | None) -> Row:
    """A flow as a row. Evidence is a bytearray, because sqlite3 looks for an adapter for bytes and for None: each of them costs
    two exceptions, which is half of the time that an insert takes."""
    kind, source, target, first, last, times, evidence, _, detail = flow
    packed = None if detail is None else pack_json(detail)
    return keys[target], first, keys[source], _INT_KINDS[kind], last, times, bytearray(evidence), open, packed


def write(connection: sqlite3.Connection, flows: Iterable[Flow], keys: Mapping[int, int], host: int) -> Counter[int]:
    """Write runs of a host, and return how many of each kind were new. `keys` maps the ids of nodes to their keys."""
    kinds: list[dict[Place, Run]] = [{} for _ in range(max(FlowKind) + 1)]
    detailed: list[Row] = []
    provisional: list[Row] = []
    for flow in flows:
        kind, source, target, first, last, times, evidence, open, detail = flow
        if open:
            provisional.append(to_row(flow, keys, host))
        elif detail is not None:
            detailed.append(to_row(flow, keys, None))
        else:
            to, by, rows = keys[target], keys[source], kinds[kind]
            place, row = (to, first, by), (to, first, by, _INT_KINDS[kind], last, times, bytearray(evidence))
            rows[place] = _merged(rows[place], row) if place in rows else row
    new: Counter[int] = Counter()
    for number, rows in enumerate(kinds):
        if rows:
            new[number] += _insert_plain(connection, sorted(rows.values()))
    new.update(_insert(connection, detailed))
    if provisional:
        new.update(_write_provisional(connection, provisional, host))
    settled = chain.from_iterable(rows.values() for rows in kinds)
    _write_witnesses(connection, chain(settled, (row[:7] for row in detailed)), host)
    return new


def _merged(known: Run, again: Run) -> Run:
    """A run that is given again, merged as `_GROW` does it."""
    target, first, source, kind, last, times, evidence = known
    longer = again[6] if len(again[6]) > len(evidence) else evidence
    return target, first, source, kind, max(last, again[4]), max(times, again[5]), longer


def _insert_plain(connection: sqlite3.Connection, runs: list[Run]) -> int:
    """Write settled runs without a detail, and return how many were new. Nearly all are, so only the others cost a second
    pass."""
    inserted = connection.executemany(_PLAIN, runs).rowcount
    if inserted < len(runs):
        connection.executemany(_GROW, ((*run, None, None) for run in runs))
    return inserted


def _insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> Counter[int]:
    """Write rows of any kind one by one, and return how many of each kind were new."""
    new: Counter[int] = Counter()
    for row in rows:
        inserted = connection.execute(_INSERT, row).rowcount
        new[row[3]] += inserted
        if not inserted:
            connection.execute(_GROW, row)
    return new


def _write_provisional(connection: sqlite3.Connection, rows: Sequence[Row], host: int) -> Counter[int]:
    places = [(*row[:4], host) for row in rows]
    connection.executemany(_OVERLAY, places)
    connection.executemany(_OPEN, places)
    return _insert(connection, rows)


def drop_provisional(connection: sqlite3.Connection, host: int) -> Counter[int]:
    """Remove the provisional runs of a host and restore what they covered; how many of each kind were removed, as negative
    numbers."""
    gone: Counter[int] = Counter()
    for kind, amount in connection.execute("SELECT kind, count(*) FROM flow WHERE open = ? GROUP BY kind", (host,)):
        gone[kind] -= amount
    if not gone:
        return gone
    connection.execute("DELETE FROM flow WHERE open = ?", (host,))
    covered: list[Row] = connection.execute(
        "SELECT target, first, source, kind, last, times, evidence, NULL, detail FROM overlaid WHERE host = ?", (host,)
    ).fetchall()
    connection.execute("DELETE FROM overlaid WHERE host = ?", (host,))
    gone.update(_insert(connection, covered))
    return gone


def drop_reached(connection: sqlite3.Connection) -> int:
    """Remove all REACHED flows, and return how many there were."""
    return connection.execute(f"DELETE FROM flow WHERE kind = {FlowKind.REACHED.value}").rowcount


def write_reached(connection: sqlite3.Connection, flows: Iterable[Flow], keys: Mapping[int, int]) -> Counter[int]:
    """Write REACHED flows, and return how many were new. They belong to no host, so their evidence is not listed."""
    rows = [to_row(flow, keys, None) for flow in flows]
    return _insert(connection, rows)


def _write_witnesses(connection: sqlite3.Connection, runs: Iterable[Run], host: int) -> None:
    connection.executemany(
        "INSERT INTO witness (host, minute, low, high, block) VALUES (?, ?, ?, ?, ?)",
        ((host, *block) for block in witness.pack(runs)),
    )
