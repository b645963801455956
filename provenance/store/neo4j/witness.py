"""Witness lists: find the runs that an event is evidence of. Compressed lists on `Witness` nodes, one for a minute (2^16 ms) of a
batch's events, sorted by serial. A list names candidates; whether a run's evidence still holds the event is read from
the run."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from provenance.ingest.facts import Flow, events_of
from provenance.store.columns import pack_columns, unpack_columns
from provenance.store.compression import compress, decompress
from provenance.store.raw.lines import MINUTE_BITS

_LONGEST = 8192


class Reference(NamedTuple):
    """The key of a run."""

    source: int
    target: int
    kind: int
    first: int


_Entry = tuple[int, int, int, int, int]
"""serial, source, target, kind, first"""


def pack(flows: Iterable[Flow]) -> Iterator[dict[str, Any]]:
    """Lists for runs, as rows of `ingest/witnesses`."""
    minutes: dict[int, list[_Entry]] = {}
    for kind, source, target, first, _, _, evidence, _, _ in flows:
        for ms, serial in events_of(evidence):
            minute = ms >> MINUTE_BITS
            entry = serial, source, target, kind, first
            if minute in minutes:
                minutes[minute].append(entry)
            else:
                minutes[minute] = [entry]
    for minute, entries in minutes.items():
        entries.sort()
        for place in range(0, len(entries), _LONGEST):
            part = entries[place : place + _LONGEST]
            yield {"minute": minute, "low": part[0][0], "high": part[-1][0], "block": _block(part)}


def _block(entries: list[_Entry]) -> bytes:
    """A packed list. Ids are random 64-bit numbers: each is stored once, and the columns refer to it by position."""
    serials, sources, targets, kinds, firsts = zip(*entries, strict=True)
    ids = list(dict.fromkeys(chain(sources, targets)))
    places = {id: place for place, id in enumerate(ids)}
    columns = serials, [places[id] for id in sources], [places[id] for id in targets], kinds, firsts
    return compress(pack_columns(columns) + struct.pack(f"<{len(ids)}q", *ids))


def unpack(block: bytes, serial: int) -> Iterator[Reference]:
    """The references of an event in a list."""
    content = decompress(block)
    columns, end = unpack_columns(content, 5)
    ids = struct.unpack(f"<{(len(content) - end) // 8}q", content[end:])
    for at, source, target, kind, first in zip(*columns, strict=True):
        if at == serial:
            yield Reference(ids[source], ids[target], kind, first)
