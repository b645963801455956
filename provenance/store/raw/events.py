"""From blocks of raw lines back to events: the part of it that every store shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from provenance.ingest.facts import Line, pack_evidence, unpack_evidence
from provenance.store.interface import EventKey, RawEvent
from provenance.store.raw import lines
from provenance.store.raw.sources import read_again

_SERIALS = 0xFFFF_FFFF
"""The kernel counts in 32 bits (kernel/audit.c, `audit_serial`), and so does evidence; people can type more."""
Wanted = set[tuple[int, int]]
"""(ms, serial) of events of one host."""


class Block(NamedTuple):
    """A block as `lines.pack` made it, the source it came from, and whether it keeps the lines themselves."""

    source: str
    kept: bool
    block: bytes


def by_host(keys: Iterable[EventKey]) -> dict[str, Wanted]:
    """Events by their host, hosts in order of name."""
    hosts: dict[str, Wanted] = {}
    for host, ms, serial in keys:
        hosts.setdefault(host, set()).add((ms, serial))
    return dict(sorted(hosts.items()))


def holds(evidence: bytes, key: EventKey) -> bool:
    """Whether packed evidence names an event."""
    wanted = (key.ms, key.serial)
    if key.serial > _SERIALS:
        return False
    return pack_evidence(wanted) in evidence and wanted in unpack_evidence(evidence)


def events_in(host: str, blocks: Iterable[Block], wanted: Wanted) -> Iterator[RawEvent]:
    """The wanted events of a host that blocks hold, in order of moment; of one that several hold, the last. Raises
    StoreError when lines that are only referred to have changed."""
    found: dict[tuple[int, int, int], RawEvent] = {}
    referenced: dict[str, list[lines.Place]] = {}
    for source, kept, block in blocks:
        for place in lines.unpack(block, kept):
            if (place.ms, place.serial) not in wanted:
                continue
            if kept:
                found[_order(place)] = _event(host, place, place.raw, source)
            else:
                referenced.setdefault(source, []).append(place)
    for source, places in referenced.items():
        for place, content in read_again(source, places):
            found[_order(place)] = _event(host, place, content, source)
    yield from (event for _, event in sorted(found.items()))


def _order(place: lines.Place) -> tuple[int, int, int]:
    """The daemon counts serials of its own, so a moment and a serial alone can be of two events."""
    return place.moment, place.serial, place.ms


def _event(host: str, place: lines.Place, content: bytes, source: str) -> RawEvent:
    return RawEvent(EventKey(host, place.ms, place.serial), content, source, place.offset)


def lines_in(blocks: Iterable[Block]) -> Iterator[tuple[str, Line]]:
    """Every line of blocks with its source, block after block. Raises StoreError as `events_in` does."""
    for source, kept, block in blocks:
        places = lines.unpack(block, kept)
        contents = ((place, place.raw) for place in places) if kept else read_again(source, list(places))
        for place, content in contents:
            yield source, Line(place.moment, place.ms, place.serial, content, place.offset)
