"""Dropping what is older than a cut (`provenance.store.retention`), in many small transactions.

Their order makes it safe to interrupt and repeat them: flows are dropped before the entities at their ends, and the lists that
lead from events to the remaining runs are written in the transaction that removes the old lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from provenance.ingest.facts import Connection, Flow, FlowKind
from provenance.store import resuming
from provenance.store.interface import Cut, DropCounts
from provenance.store.neo4j import evidence, witness
from provenance.store.neo4j.documents import Neo4jDocuments
from provenance.store.neo4j.entities import ROWS, chunks
from provenance.store.neo4j.flows import KINDS
from provenance.store.neo4j.server import Run, Server
from provenance.store.neo4j.text import digest, short
from provenance.store.raw import events as raw_events
from provenance.store.retention import relist_before

Transact = Callable[[Callable[[Run], Counter[str]]], Counter[str]]
"""Does work in a transaction of the writer and adds the returned amounts to the counters of the case."""
_WINDOW = 1_000
_RUNS = 20_000
"""Runs removed at once: each statement scans the remaining runs of an entity again."""
_FEW = 200
"""Blocks of raw lines, each of up to some 100 KB, in one transaction."""
_LEAST = -(1 << 63)


def prune(server: Server, transact: Transact, cut: Cut) -> DropCounts:
    """Drop what a cut describes, and return how much was dropped."""
    resuming.forget(Neo4jDocuments(server))
    hosts = [name for name, *_ in server.read("read/hosts")]
    _send_until_none(transact, "retention/unmark")
    _mark(transact, "retention/pin", cut.pinned)
    _mark(transact, "retention/need", cut.needed)
    flows = _drop_runs(server, transact, cut.before)
    _send(transact, "retention/drop_provisional")
    notes = sum(_send_until_none(transact, "retention/drop_notes", host=host, before=cut.before) for host in hosts)
    blinds = _send(transact, "retention/drop_blinds", before=cut.before)
    connections = _drop_connections(transact, cut.connections)
    entities = _drop_entities(server, transact, cut.before)
    for leftover in ("retention/drop_paths", "retention/drop_commands"):
        _send_until_none(transact, leftover)
    _drop_lines(server, transact, cut, hosts)
    _rewrite_witnesses(server, transact, cut, hosts)
    _send_until_none(transact, "retention/unmark")
    return DropCounts(entities, flows, notes, blinds, connections)


def _send(transact: Transact, name: str, **parameters: Any) -> int:
    """Send a statement, and return how many it removed."""
    removed = 0

    def work(run: Run) -> Counter[str]:
        nonlocal removed
        removed = sum(amount for (amount,) in run(name, **parameters))
        return Counter()

    transact(work)
    return removed


def _send_until_none(transact: Transact, name: str, most: int = ROWS, **parameters: Any) -> int:
    """Send a statement that removes at most `most` until nothing is left, and return how many were removed."""
    total = removed = _send(transact, name, most=most, **parameters)
    while removed == most:
        removed = _send(transact, name, most=most, **parameters)
        total += removed
    return total


def _mark(transact: Transact, name: str, ids: Iterable[int]) -> None:
    for keys in chunks(sorted(ids)):
        _send(transact, name, keys=keys)


def _windows(server: Server) -> Iterator[list[int]]:
    """The keys of all entities, in order, in chunks. The caller may remove those of a chunk before it reads the next."""
    after = _LEAST
    while keys := [key for (key,) in server.read("retention/window", after=after, most=_WINDOW)]:
        yield keys
        after = keys[-1]


def _drop_runs(server: Server, transact: Transact, before: int) -> int:
    total = 0
    for keys in _windows(server):
        removed = _RUNS
        while removed == _RUNS:
            removed = _send_counted(transact, "runs_", "retention/drop_runs", keys=keys, before=before, most=_RUNS)
            total += removed
    return total


def _send_counted(transact: Transact, prefix: str, name: str, **parameters: Any) -> int:
    """Send a statement that returns how many of each kind it removed, and return how many in all."""

    def work(run: Run) -> Counter[str]:
        return Counter({prefix + kind: -removed for kind, removed in run(name, **parameters) if kind is not None})

    return -transact(work).total()


def _drop_connections(transact: Transact, ends: Iterable[Connection]) -> int:
    keys = sorted(digest(*end[:-1]) for end in ends)
    return sum(_send(transact, "retention/drop_connections", keys=chunk) for chunk in chunks(keys))


def _drop_entities(server: Server, transact: Transact, before: int) -> int:
    return sum(
        _send_counted(transact, "nodes_", "retention/drop_entities", keys=keys, before=before)
        for keys in _windows(server)
    )


def _drop_lines(server: Server, transact: Transact, cut: Cut, hosts: Iterable[str]) -> None:
    protected: dict[str, set[str]] = {}
    for host, wanted in raw_events.by_host(cut.events).items():
        protected[short(host)] = evidence.blocks_of(server, host, wanted)
    for host in hosts:
        given = {"host": host, "before": cut.before, "protected": sorted(protected.get(host, ()))}
        _send_until_none(transact, "retention/drop_lines", _FEW, **given)


def _rewrite_witnesses(server: Server, transact: Transact, cut: Cut, hosts: Iterable[str]) -> None:
    """Rewrite the lists of events before the cut for the runs that stay."""
    limit = relist_before(cut)
    across = _runs_across(server, cut.before)
    for host in hosts:
        lists = [block for block in witness.pack(across.get(host, ())) if block["minute"] < limit]

        def work(run: Run, host: str = host, lists: list[dict[str, Any]] = lists) -> Counter[str]:
            run("retention/drop_witnesses", host=host, minute=limit)
            if lists:
                run("ingest/witnesses", host=host, rows=lists)
            return Counter()

        transact(work)


def _runs_across(server: Server, before: int) -> dict[str, list[Flow]]:
    found: dict[str, list[Flow]] = {}
    for keys in _windows(server):
        rows = server.read("retention/runs_across", keys=keys, before=before, kinds=KINDS)
        for host, kind, source, target, first, proof in rows:
            if host is not None:
                flow = Flow(FlowKind(kind), source, target, first, first, 1, bytes(proof))
                found.setdefault(host, []).append(flow)
    return found
