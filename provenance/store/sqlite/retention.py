"""Dropping what is older than a cut (`provenance.store.retention`), in one transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator

from provenance.ingest.facts import Connection, FlowKind
from provenance.store import resuming
from provenance.store.interface import Cut, DropCounts
from provenance.store.raw import events as raw_events
from provenance.store.raw.lines import MINUTE_BITS
from provenance.store.retention import relist_before
from provenance.store.sqlite import evidence, witness
from provenance.store.sqlite.keys import Keys
from provenance.store.sqlite.text import pack_json, pack_text

_MARK = """
INSERT OR IGNORE INTO temp.{table} SELECT node.key FROM json_each(?) AS requested CROSS JOIN node ON node.id = requested.value
"""
_OLD_FLOWS = """
FROM flow WHERE last < ? AND NOT (source IN (SELECT key FROM temp.pinned) AND target IN (SELECT key FROM temp.pinned))
"""
_UNCOVERED = """
DELETE FROM overlaid WHERE NOT EXISTS (
    SELECT 1 FROM flow WHERE flow.target = overlaid.target AND flow.first = overlaid.first
    AND flow.source = overlaid.source AND flow.kind = overlaid.kind
)
"""
_CONNECTION = """
DELETE FROM connection WHERE host = ? AND first = ? AND process = ? AND endpoint = ? AND inbound = ? AND protocol = ?
AND remote_ip = ? AND remote_port = ? AND local_ip = ? AND local_port = ?
"""
_HELD = """
INSERT OR IGNORE INTO temp.held SELECT source FROM flow UNION SELECT target FROM flow UNION SELECT process FROM connection
UNION SELECT endpoint FROM connection UNION SELECT subject FROM note UNION SELECT key FROM temp.pinned
"""
_OLD_ENTITIES = "FROM entity WHERE first < ? AND key NOT IN (SELECT key FROM temp.held)"
_UNUSED = (
    "DELETE FROM node WHERE key NOT IN (SELECT key FROM temp.held) AND key NOT IN (SELECT key FROM entity)",
    "DELETE FROM name WHERE file NOT IN (SELECT key FROM node)",
    "DELETE FROM path WHERE key NOT IN (SELECT path FROM name UNION SELECT path FROM entity WHERE path IS NOT NULL)",
    "DELETE FROM program WHERE key NOT IN (SELECT program FROM entity WHERE program IS NOT NULL)",
)
_ACROSS = f"""
SELECT coalesce(source.host, target.host), flow.target, flow.first, flow.source, flow.kind, flow.last, flow.times,
    flow.evidence
FROM flow LEFT JOIN entity AS source ON source.key = flow.source LEFT JOIN entity AS target ON target.key = flow.target
WHERE flow.first < ? AND flow.open IS NULL AND flow.kind <> {FlowKind.REACHED.value}
AND coalesce(source.host, target.host) IS NOT NULL
"""


def prune(connection: sqlite3.Connection, keys: Keys, cut: Cut) -> tuple[DropCounts, Counter[int], Counter[int]]:
    """Drop what a cut describes; how much was dropped, and how many nodes and runs of each kind."""
    connection.execute("DELETE FROM document WHERE kind = ?", (resuming.KIND,))
    for table, ids in (("pinned", cut.pinned), ("held", cut.needed)):
        connection.execute(f"CREATE TEMP TABLE {table} (key INTEGER PRIMARY KEY)")
        connection.execute(_MARK.format(table=table), (pack_json(sorted(ids)),))
    flows = _delete(connection, _OLD_FLOWS, cut.before)
    connection.execute(_UNCOVERED)
    connection.executemany(_CONNECTION, _places(cut.connections, keys))
    notes = connection.execute(
        "DELETE FROM note WHERE moment < ? AND subject NOT IN (SELECT key FROM temp.pinned)", (cut.before,)
    )
    blinds = connection.execute("DELETE FROM blind WHERE last < ?", (cut.before,))
    connection.execute(_HELD)
    entities = _delete(connection, _OLD_ENTITIES, cut.before)
    for statement in _UNUSED:
        connection.execute(statement)
    _drop_lines(connection, cut)
    _rewrite_witnesses(connection, cut)
    for table in ("pinned", "held"):
        connection.execute(f"DROP TABLE temp.{table}")
    dropped = DropCounts(entities.total(), flows.total(), notes.rowcount, blinds.rowcount, len(cut.connections))
    return dropped, entities, flows


def _delete(connection: sqlite3.Connection, old: str, before: int) -> Counter[int]:
    """Delete the rows of a condition, and return how many of each kind."""
    gone = Counter(dict(connection.execute(f"SELECT kind, count(*) {old} GROUP BY kind", (before,)).fetchall()))
    connection.execute(f"DELETE {old}", (before,))
    return gone


def _places(ends: Iterable[Connection], keys: Keys) -> Iterator[tuple[object, ...]]:
    for end in ends:
        known, _ = keys.nodes.of((end.process, end.endpoint))
        yield (
            keys.host(end.host),
            end.first,
            known[end.process],
            known[end.endpoint],
            int(end.inbound),
            pack_text(end.protocol),
            pack_text(end.remote_ip),
            end.remote_port,
            b"" if end.local_ip is None else pack_text(end.local_ip),
            -1 if end.local_port is None else end.local_port,
        )


def _drop_lines(connection: sqlite3.Connection, cut: Cut) -> None:
    protected: set[int] = set()
    for host, wanted in raw_events.by_host(cut.events).items():
        for (key,) in connection.execute("SELECT key FROM host WHERE name = ?", (pack_text(host),)).fetchall():
            for ms, serial in wanted:
                place = (key, ms >> MINUTE_BITS, serial, serial)
                protected.update(block for (block,) in connection.execute(evidence.SPANS, place))
    connection.execute(
        "DELETE FROM line_block WHERE last < ? AND key NOT IN (SELECT value FROM json_each(?))",
        (cut.before, pack_json(sorted(protected))),
    )
    connection.execute("DELETE FROM line_span WHERE block NOT IN (SELECT key FROM line_block)")


def _rewrite_witnesses(connection: sqlite3.Connection, cut: Cut) -> None:
    """Rewrite the lists of events before the cut for the runs that stay."""
    limit = relist_before(cut)
    connection.execute("DELETE FROM witness WHERE minute < ?", (limit,))
    by_host: dict[int, list[witness.Run]] = {}
    for host, *run in connection.execute(_ACROSS, (cut.before,)):
        by_host.setdefault(host, []).append(tuple(run))
    for host, runs in by_host.items():
        connection.executemany(
            "INSERT INTO witness (host, minute, low, high, block) VALUES (?, ?, ?, ?, ?)",
            [(host, *block) for block in witness.pack(runs) if block.minute < limit],
        )
