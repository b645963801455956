"""Batches between processes: plain columns through marshal, which is several times faster than pickling named tuples."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, TypeVar

from provenance.ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind, Line, Name, Note
from provenance.ingest.identity import EntityKind

_PLAIN = 2
"""A marshal version that does not look for repeated objects: a batch has few, and looking for them costs more."""
_FLOW = [FlowKind(number) if number else FlowKind.SPAWNED for number in range(max(FlowKind) + 1)]
_ENTITY = [EntityKind(number) if number else EntityKind.PROCESS for number in range(max(EntityKind) + 1)]

Named = TypeVar("Named", bound=tuple[Any, ...])


def pack(batch: Batch) -> bytes:
    """A batch as bytes for another process of the same Python."""
    ids, kinds, *described = _columns(batch.entities, 5)
    flows, *ends = _columns(batch.flows, 9)
    return marshal.dumps(
        (
            batch.host,
            (ids, bytes(kinds), *described),
            _columns(batch.names, 4),
            (bytes(flows), *ends),
            _columns(batch.connections, 11),
            _columns(batch.notes, 6),
            _columns(batch.blinds, 4),
            _columns(batch.lines, 5),
            (batch.tallies, batch.first, batch.last, batch.source, batch.checkpoint, batch.begins),
        ),
        _PLAIN,
    )


def unpack(data: bytes) -> Batch:
    """The batch that `pack` was given."""
    host, entities, names, flows, connections, notes, blinds, lines, rest = marshal.loads(data)
    ids, kinds, *described = entities
    shown, *ends = flows
    return Batch(
        host,
        _rows(Entity, (ids, map(_ENTITY.__getitem__, kinds), *described)),
        _rows(Name, names),
        _rows(Flow, (map(_FLOW.__getitem__, shown), *ends)),
        _rows(Connection, connections),
        _rows(Note, notes),
        _rows(Blind, blinds),
        _rows(Line, lines),
        *rest,
    )


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> tuple[tuple[Any, ...], ...]:
    """The values of each field; `width` is how many fields there are."""
    return tuple(zip(*rows, strict=True)) if rows else ((),) * width


def _rows(made: type[Named], columns: Iterable[Iterable[Any]]) -> list[Named]:
    """The rows of columns, without calling the constructor of each, which is slow."""
    new: Any = tuple.__new__
    return list(map(new, repeat(made), zip(*columns, strict=True)))
