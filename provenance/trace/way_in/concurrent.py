"""Concurrent connections: peers whose connections one process held open when it did what led to the alert.

A process that serves one connection at a time did it for the last peer. An event loop, and the threads of one process, serve
whoever sends next: no record shows for whom, so that the others are about as likely as the one who came last. They are likelier
if his connection had been closed a while before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.text.addresses import is_private
from provenance.trace.result import Entry, Slice, TraceEdge
from provenance.trace.way_in.ways import at_least_beside

_MOST = 2
"""The most peers beside the best one: those that came last."""
_TOO = ", and was connected at the same time"
_OPEN = ", and was still connected"
_CLOSED_MS = 1_000
"""How long before its effect the best one's connection was closed, for those that were still connected to come before it."""


def with_concurrent(slice_: Slice, ways: Sequence[Entry], route: Sequence[TraceEdge]) -> tuple[Entry, ...]:
    """The ways in of a backward slice; those by a connection open at the same time as that of the best one are about as likely.
    `route` is the path from the best one to the alert."""
    if not ways or len(route) < 2 or route[0].id != ways[0].edge or route[0].kind is not FlowKind.ACCEPTED:
        return tuple(ways)
    entered, left = route[:2]
    found = sorted(_concurrent(slice_, ways, entered, left), key=lambda way: -way.moment)[:_MOST]
    was_closed = ms_of(left.first) - ms_of(entered.last) > _CLOSED_MS
    reason = _OPEN if was_closed else _TOO
    return at_least_beside(ways, ways[0], [(way, _with_reason(way, reason)) for way in found], was_closed)


def _concurrent(slice_: Slice, ways: Sequence[Entry], entered: TraceEdge, left: TraceEdge) -> Iterator[Entry]:
    """The ways in by other peers with an address of the same sort, connected to the same process when it went on."""
    edges = {edge.id: edge for edge in slice_.edges if edge.kind is FlowKind.ACCEPTED and edge.target == entered.target}
    best = str(slice_.nodes[entered.source].attributes.get("ip") or "")
    known = {best, ""}
    for way in sorted(ways[1:], key=lambda way: -way.moment):
        edge = edges.get(way.edge or "")
        if edge is None or edge.first > left.first:
            continue
        ip = str(slice_.nodes[edge.source].attributes.get("ip") or "")
        if ip in known or is_private(ip) != is_private(best):
            continue
        if edge.last >= left.first and not _went_on_before(left, edge, entered):
            known.add(ip)
            yield way


def _went_on_before(left: TraceEdge, one: TraceEdge, entered: TraceEdge) -> bool:
    """Whether the process called the next server for an earlier connection before it took the best one."""
    called = (event.ms for event in left.evidence if left.kind is FlowKind.CONNECTED)
    return any(ms_of(one.first) <= ms < ms_of(entered.first) for ms in called)


def _with_reason(way: Entry, more: str) -> Entry:
    head, separator, rest = way.reason.partition(";")
    return replace(way, reason=f"{head}{more}{separator}{rest}")
