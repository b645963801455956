"""Batches between processes: plain tuples through marshal, which is several times faster than pickling named ones."""

from __future__ import annotations

import marshal

from ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind, Line, Name, Note
from ingest.identity import EntityKind

_PLAIN = 2
"""The format before marshal looked for objects that it has written already: a batch has few, and looking costs more."""
_FLOW = [FlowKind(number) if number else FlowKind.SPAWNED for number in range(max(FlowKind) + 1)]


def pack(batch: Batch) -> bytes:
    """A batch as bytes for another process of the same Python."""
    return marshal.dumps(
        (
            batch.host,
            [(id, int(kind), host, first, attributes) for id, kind, host, first, attributes in batch.entities],
            list(map(tuple, batch.names)),
            [(int(flow[0]), *flow[1:]) for flow in batch.flows],
            list(map(tuple, batch.connections)),
            list(map(tuple, batch.notes)),
            list(map(tuple, batch.blinds)),
            list(map(tuple, batch.lines)),
            (batch.tallies, batch.first, batch.last, batch.source, batch.checkpoint, batch.begins),
        ),
        _PLAIN,
    )


def unpack(data: bytes) -> Batch:
    """The batch that `pack` was given."""
    host, entities, names, flows, connections, notes, blinds, lines, rest = marshal.loads(data)
    return Batch(
        host,
        [Entity(id, EntityKind(kind), of, first, attributes) for id, kind, of, first, attributes in entities],
        list(map(Name._make, names)),
        [Flow(_FLOW[flow[0]], *flow[1:]) for flow in flows],
        list(map(Connection._make, connections)),
        list(map(Note._make, notes)),
        list(map(Blind._make, blinds)),
        list(map(Line._make, lines)),
        *rest,
    )
