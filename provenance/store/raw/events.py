"""Raw events: extracts events from blocks of raw lines. Shared by all stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from provenance.ingest.facts import Line, pack_evidence, unpack_evidence
from provenance.store.interface import EventKey, RawEvent
from provenance.store.raw import lines

_SERIALS = 0xFFFF_FFFF
"""The kernel counts serials in 32 bits (kernel/audit.c, `audit_serial`), and so does evidence; a user can type larger ones."""
Stamps = set[tuple[int, int]]
"""(ms, serial) of events of one host."""


class Block(NamedTuple):
    """A block as `lines.pack` made it, its source, and whether it holds the lines themselves (`holds_lines`) or references."""

    source: str
    holds_lines: bool
    block: bytes


def by_host(keys: Iterable[EventKey]) -> dict[str, Stamps]:
    """Events by their host, hosts in order of name."""
    hosts: dict[str, Stamps] = {}
    for host, ms, serial in keys:
        hosts.setdefault(host, set()).add((ms, serial))
    return dict(sorted(hosts.items()))


def holds(evidence: bytes, key: EventKey) -> bool:
    """Whether packed evidence names an event."""
    wanted = (key.ms, key.serial)
    if key.serial > _SERIALS:
        return False
    return pack_evidence(wanted) in evidence and wanted in unpack_evidence(evidence)


def events_in(host: str, blocks: Iterable[Block], wanted: Stamps) -> Iterator[RawEvent]:
    """The wanted events of a host in blocks, in order of moment; if several blocks hold an event, the last counts. Raises
    StoreError when referenced lines have changed."""
    found: dict[tuple[int, int, int], RawEvent] = {}
    referenced: dict[str, list[lines.Place]] = {}
    for source, holds_lines, block in blocks:
        for place in lines.unpack(block, holds_lines):
            if (place.ms, place.serial) not in wanted:
                continue
            if holds_lines:
                found[_order(place)] = _event(host, place, place.raw, source)
            else:
                referenced.setdefault(source, []).append(place)
    for source, places in referenced.items():
        for place, content in _read_again(source, places):
            found[_order(place)] = _event(host, place, content, source)
    yield from (event for _, event in sorted(found.items()))


def _order(place: lines.Place) -> tuple[int, int, int]:
    """The sort key of an event. The daemon counts its own serials, so two events can share a moment and a serial."""
    return place.moment, place.serial, place.ms


def _event(host: str, place: lines.Place, content: bytes, source: str) -> RawEvent:
    return RawEvent(EventKey(host, place.ms, place.serial), content, source, place.offset)


def lines_in(blocks: Iterable[Block]) -> Iterator[tuple[str, Line]]:
    """Every line of blocks with its source, block after block. Raises StoreError as `events_in` does."""
    for source, holds_lines, block in blocks:
        places = lines.unpack(block, holds_lines)
        contents = ((place, place.raw) for place in places) if holds_lines else _read_again(source, list(places))
        for place, content in contents:
            yield source, Line(place.moment, place.ms, place.serial, content, place.offset)


def _read_again(source: str, places: Sequence[lines.Place]) -> Iterator[tuple[lines.Place, bytes]]:
    """`sources.read_again`, which loads the parser: only stores that hold references need it."""
    from provenance.store.raw.sources import read_again

    return read_again(source, places)
