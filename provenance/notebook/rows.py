"""Rows of a trace: dictionaries with the keys of `provenance-trace/1`, and datetimes for times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from provenance.ingest.clock import FIRST, LAST, ms_of
from provenance.render.as_json import edge_json, node_json, printed_ids
from provenance.text.event_key import format_event
from provenance.trace.result import Trace

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_of(moment: int) -> datetime | None:
    """A moment as a datetime in UTC; None for an open bound."""
    return None if moment in (FIRST, LAST) else _EPOCH + timedelta(milliseconds=ms_of(moment))


def node_rows(trace: Trace) -> Iterator[dict[str, Any]]:
    """A row for each node of the slice, in order of the time when it is first recorded."""
    slice_ = trace.slice
    for node in sorted(slice_.nodes.values(), key=lambda node: (node.first, node.id)):
        yield node_json(node) | {"first": time_of(node.first), "bound": time_of(slice_.bounds[node.id])}


def edge_rows(trace: Trace) -> Iterator[dict[str, Any]]:
    """A row for each edge of the slice, in order of time; `evidence` holds events in their printed form."""
    nodes = trace.slice.nodes
    names = printed_ids(nodes.values())
    for edge in sorted(trace.slice.edges, key=lambda edge: (edge.first, edge.last, edge.id)):
        yield edge_json(edge, names) | {
            "first": time_of(edge.first),
            "last": time_of(edge.last),
            "evidence": [format_event(key) for key in edge.evidence],
        }
