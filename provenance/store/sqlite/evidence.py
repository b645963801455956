"""Evidence: finds the runs and the raw lines of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provenance.ingest.facts import Flow, FlowKind, Line
from provenance.store.interface import EventKey, RawEvent
from provenance.store.raw import events as raw_events
from provenance.store.raw.events import Block
from provenance.store.raw.lines import MINUTE_BITS
from provenance.store.sqlite import witness
from provenance.store.sqlite.expand import COLUMNS, Query, to_flow
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
        place = (host, key.ms >> MINUTE_BITS, key.serial, key.serial)
        listed = {reference for (block,) in query(WITNESSES, place) for reference in witness.unpack(block, key.serial)}
        rows = [row for reference in listed for row in query(RUN, reference)]
        rows += query(OPEN, (host,))
        rows += query(REACHED, (host,))
        found = {flow[:4]: flow for flow in map(to_flow, rows) if raw_events.holds(flow.evidence, key)}
        yield from sorted(found.values(), key=lambda flow: (flow.first, flow.source, flow.target, flow.kind))


def raw(query: Query, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
    """The raw lines of events, in order of (host, moment)."""
    for host, wanted in raw_events.by_host(keys).items():
        for (key,) in query(_HOST, (pack_text(host),)):
            yield from raw_events.events_in(host, _blocks(query, _spanning(query, key, wanted)), wanted)


def _spanning(query: Query, host: int, wanted: raw_events.Stamps) -> list[int]:
    """The blocks that may hold events of a host."""
    places = ((host, ms >> MINUTE_BITS, serial, serial) for ms, serial in wanted)
    return sorted({block for place in places for (block,) in query(SPANS, place)})


def _blocks(query: Query, numbers: Iterable[int]) -> Iterator[Block]:
    for number in numbers:
        for source, holds_lines, block in query(BLOCK, (number,)):
            yield Block(unpack_text(source), bool(holds_lines), block)


def lines_of(query: Query, host: str) -> Iterator[tuple[str, Line]]:
    """Every raw line of a host with its source, block after block."""
    for (key,) in query(_HOST, (pack_text(host),)):
        yield from raw_events.lines_in(_blocks(query, [number for (number,) in query(BLOCKS, (key,))]))
