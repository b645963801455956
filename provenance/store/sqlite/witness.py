"""Witness lists: find the runs that an event is evidence of, without an index entry for each.

The references of a batch are stored as compressed lists, one for every minute (2^16 ms) of event time, sorted by serial.
An event's runs are found by reading the lists of its minute whose serials span its own. A list names candidates:
whether a run's evidence still holds the event is read from the run. Provisional runs are not listed (they will be
dropped): a store looks through those still open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from provenance.ingest.facts import events_of
from provenance.store.columns import pack_columns, unpack_columns
from provenance.store.compression import compress, decompress
from provenance.store.raw.lines import MINUTE_BITS

_LONGEST = 8192

Run = tuple[int, int, int, int, int, int, bytes | bytearray]
"""target, first, source, kind, last, times, evidence: the first columns of `flow`, nodes as keys."""


class Reference(NamedTuple):
    """The key of a run, `source` and `target` being keys of nodes."""

    target: int
    first: int
    source: int
    kind: int


class WitnessBlock(NamedTuple):
    """A list of references; its serials lie in [low, high]."""

    minute: int
    low: int
    high: int
    block: bytes


def pack(runs: Iterable[Run]) -> Iterator[WitnessBlock]:
    """The lists for runs."""
    minutes: defaultdict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
    for target, first, source, kind, _, _, evidence in runs:
        for ms, serial in events_of(evidence):
            minutes[ms >> MINUTE_BITS].append((serial, target, first, source, kind))
    for number, entries in minutes.items():
        entries.sort()
        for place in range(0, len(entries), _LONGEST):
            part = entries[place : place + _LONGEST]
            yield WitnessBlock(number, part[0][0], part[-1][0], _block(part))


def _block(entries: list[tuple[int, int, int, int, int]]) -> bytes:
    return compress(pack_columns(list(zip(*entries, strict=True))))


def unpack(block: bytes, serial: int) -> Iterator[Reference]:
    """The references of an event in a list."""
    columns, _ = unpack_columns(decompress(block), 5)
    for at, target, first, source, kind in zip(*columns, strict=True):
        if at == serial:
            yield Reference(target, first, source, kind)
