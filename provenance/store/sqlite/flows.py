"""Writing runs: new ones in bulk, stored ones extended, provisional ones so that they can be undone exactly."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from provenance.ingest.facts import Flow, FlowKind
from provenance.store.sqlite import witness
from provenance.store.sqlite.text import pack_json

Evidence = bytes | bytearray
Row = tuple[int, int, int, int, int, int, Evidence, int | None, str | None]
"""target, first, source, kind, last, times, evidence, open, detail: the columns of `flow`, nodes as keys."""

Place = tuple[int, int, int]
"""target, first, source: a run's row, among those of its kind."""
_PLACE = itemgetter(0, 1, 2)

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
    kinds: list[dict[Place, Row]] = [{} for _ in range(max(FlowKind) + 1)]
    provisional: list[Row] = []
    for flow in flows:
        if flow.open:
            provisional.append(to_row(flow, keys, host))
            continue
        row = to_row(flow, keys, None)
        rows, place = kinds[row[3]], row[:3]
        rows[place] = _merged(rows[place], row) if place in rows else row
    new: Counter[int] = Counter()
    for kind, rows in enumerate(kinds):
        if rows:
            new[kind] += _insert(connection, sorted(rows.values(), key=_PLACE))
    if provisional:
        new.update(_write_provisional(connection, provisional, host))
    _write_witnesses(connection, (row for rows in kinds for row in rows.values()), host)
    return new


def _merged(known: Row, again: Row) -> Row:
    """A run that is given again, merged as `_GROW` does it."""
    target, first, source, kind, last, times, evidence, _, detail = known
    longer = again[6] if len(again[6]) > len(evidence) else evidence
    return (
        *(target, first, source, kind, max(last, again[4]), max(times, again[5]), longer),
        *(None, again[8] if again[8] is not None else detail),
    )


def _insert(connection: sqlite3.Connection, rows: list[Row]) -> int:
    """Write rows, and return how many were new. Nearly all are, so only the others cost a second pass."""
    plain = [row[:7] for row in rows if row[7] is None and row[8] is None]
    inserted = connection.executemany(_PLAIN, plain).rowcount
    if len(plain) < len(rows):
        others = (row for row in rows if row[7] is not None or row[8] is not None)
        inserted += connection.executemany(_INSERT, others).rowcount
    if inserted < len(rows):
        connection.executemany(_GROW, rows)
    return inserted


def _write_provisional(connection: sqlite3.Connection, rows: Sequence[Row], host: int) -> Counter[int]:
    places = [(*row[:4], host) for row in rows]
    connection.executemany(_OVERLAY, places)
    connection.executemany(_OPEN, places)
    new: Counter[int] = Counter()
    for row in rows:
        new[row[3]] += _insert(connection, [row])
    return new


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
    for row in covered:
        gone[row[3]] += _insert(connection, [row])
    return gone


def drop_reached(connection: sqlite3.Connection) -> int:
    """Remove all REACHED flows, and return how many there were."""
    return connection.execute(f"DELETE FROM flow WHERE kind = {FlowKind.REACHED.value}").rowcount


def write_reached(connection: sqlite3.Connection, flows: Iterable[Flow], keys: Mapping[int, int]) -> Counter[int]:
    """Write REACHED flows, and return how many were new. They belong to no host, so their evidence is not listed."""
    rows = [to_row(flow, keys, None) for flow in flows]
    return Counter({FlowKind.REACHED.value: _insert(connection, rows)})


def _write_witnesses(connection: sqlite3.Connection, rows: Iterable[Row], host: int) -> None:
    blocks = witness.pack((row[0], row[1], row[2], row[3], row[6]) for row in rows)
    connection.executemany(
        "INSERT INTO witness (host, minute, low, high, block) VALUES (?, ?, ?, ?, ?)",
        ((host, *block) for block in blocks),
    )
