"""From an event to its runs and its raw lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.facts import Flow, FlowKind, Line, pack_evidence, unpack_evidence
from provenance.store.interface import EventKey, RawEvent
from provenance.store.sqlite import lines, witness
from provenance.store.sqlite.expand import COLUMNS, Query, to_flow
from provenance.store.sqlite.sources import read_again
from provenance.store.sqlite.text import pack_text, unpack_text

_ENDS = "CROSS JOIN node AS source ON source.key = flow.source CROSS JOIN node AS target ON target.key = flow.target"
RUN = f"""
SELECT {COLUMNS} FROM flow {_ENDS}
WHERE flow.target = ? AND flow.first = ? AND flow.source = ? AND flow.kind = ?
"""
OPEN = f"SELECT {COLUMNS} FROM flow INDEXED BY flow_open {_ENDS} WHERE flow.open = ?"
REACHED = f"""
SELECT {COLUMNS} FROM flow INDEXED BY flow_reached {_ENDS}
CROSS JOIN entity ON entity.key = source.key AND entity.host = ?
WHERE flow.kind = {FlowKind.REACHED.value}
"""
WITNESSES = "SELECT block FROM witness WHERE host = ? AND minute = ? AND low <= ? AND high >= ?"
SPANS = "SELECT block FROM line_span WHERE host = ? AND minute = ? AND low <= ? AND high >= ?"
BLOCK = "SELECT source, kept, block FROM line_block WHERE key = ?"
BLOCKS = "SELECT key FROM line_block WHERE host = ? ORDER BY key"
_HOST = "SELECT key FROM host WHERE name = ?"


def flows_at(query: Query, key: EventKey) -> Iterator[Flow]:
    """The runs whose evidence holds an event, in order of (first, source, target, kind)."""
    for (host,) in query(_HOST, (pack_text(key.host),)):
        place = (host, key.ms >> witness.MINUTE_BITS, key.serial, key.serial)
        listed = {reference for (block,) in query(WITNESSES, place) for reference in witness.unpack(block, key.serial)}
        rows = [row for reference in listed for row in query(RUN, reference)]
        rows += query(OPEN, (host,))
        rows += query(REACHED, (host,))
        found = {flow[:4]: flow for flow in map(to_flow, rows) if _holds(flow.evidence, key)}
        yield from sorted(found.values(), key=lambda flow: (flow.first, flow.source, flow.target, flow.kind))


def _holds(evidence: bytes, key: EventKey) -> bool:
    wanted = (key.ms, key.serial)
    return pack_evidence(wanted) in evidence and wanted in unpack_evidence(evidence)


def raw(query: Query, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
    """The raw lines of events, in order of (host, moment)."""
    hosts: dict[str, set[tuple[int, int]]] = {}
    for host, ms, serial in keys:
        hosts.setdefault(host, set()).add((ms, serial))
    for host in sorted(hosts):
        for (key,) in query(_HOST, (pack_text(host),)):
            found = _of_host(query, key, host, hosts[host])
            yield from (event for _, event in sorted(found.items()))


def _of_host(query: Query, host: int, name: str, wanted: set[tuple[int, int]]) -> dict[tuple[int, int, int], RawEvent]:
    blocks = {
        block for ms, serial in wanted for (block,) in query(SPANS, (host, ms >> witness.MINUTE_BITS, serial, serial))
    }
    events: dict[tuple[int, int, int], RawEvent] = {}
    referenced: dict[str, list[lines.Place]] = {}
    for number in sorted(blocks):
        for packed_source, kept, block in query(BLOCK, (number,)):
            source = unpack_text(packed_source)
            for place in lines.unpack(block, bool(kept)):
                if (place.ms, place.serial) not in wanted:
                    continue
                if kept:
                    events[place.moment, place.serial, place.ms] = _event(name, place, place.raw, source)
                else:
                    referenced.setdefault(source, []).append(place)
    for source, places in referenced.items():
        for place, content in read_again(source, places):
            events[place.moment, place.serial, place.ms] = _event(name, place, content, source)
    return events


def _event(host: str, place: lines.Place, content: bytes, source: str) -> RawEvent:
    return RawEvent(EventKey(host, place.ms, place.serial), content, source, place.offset)


def lines_of(query: Query, host: str) -> Iterator[tuple[str, Line]]:
    """Every raw line of a host with its source, block after block."""
    for (key,) in query(_HOST, (pack_text(host),)):
        for (number,) in query(BLOCKS, (key,)):
            for packed_source, kept, block in query(BLOCK, (number,)):
                source = unpack_text(packed_source)
                for place, raw in _raw_places(source, lines.unpack(block, bool(kept)), bool(kept)):
                    yield source, Line(place.moment, place.ms, place.serial, raw, place.offset)


def _raw_places(source: str, places: Iterable[lines.Place], kept: bool) -> Iterator[tuple[lines.Place, bytes]]:
    if kept:
        return ((place, place.raw) for place in places)
    return read_again(source, list(places))
