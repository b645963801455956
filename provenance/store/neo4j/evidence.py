"""Evidence: finds the runs and the raw lines of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from provenance.ingest.facts import Flow, Line
from provenance.store.interface import EventKey, RawEvent
from provenance.store.neo4j import witness
from provenance.store.neo4j.flows import KINDS, to_flow
from provenance.store.neo4j.server import Row, Server
from provenance.store.neo4j.text import short, unpack_text
from provenance.store.raw import events as raw_events
from provenance.store.raw.events import Block
from provenance.store.raw.lines import MINUTE_BITS

_EVENTS = 2_000


def flows_at(server: Server, key: EventKey) -> Iterator[Flow]:
    """The runs whose evidence holds an event, in order of (first, source, target, kind)."""
    host = short(key.host)
    blocks = server.read("read/witnesses", host=host, minute=key.ms >> MINUTE_BITS, serial=key.serial)
    listed = {reference for (block,) in blocks for reference in witness.unpack(bytes(block), key.serial)}
    places = [reference._asdict() for reference in sorted(listed)]
    rows = server.read("read/runs_at", places=places, kinds=KINDS) if places else []
    rows += server.read("read/runs_open", host=host, kinds=KINDS)
    rows += server.read("read/reached_from", host=host, kinds=KINDS)
    found = {flow[:4]: flow for flow in map(to_flow, rows) if raw_events.holds(flow.evidence, key)}
    yield from sorted(found.values(), key=lambda flow: (flow.first, flow.source, flow.target, flow.kind))


def raw(server: Server, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
    """The raw lines of events, in order of (host, moment)."""
    for host, wanted in raw_events.by_host(keys).items():
        yield from raw_events.events_in(host, _blocks(_spanning(server, host, wanted)), wanted)


def _spanning(server: Server, host: str, wanted: raw_events.Stamps) -> Iterator[Row]:
    """Each block once, in order of its key."""
    for key in sorted(blocks_of(server, host, wanted)):
        yield from server.read("read/line_block", key=key)


def blocks_of(server: Server, host: str, wanted: raw_events.Stamps) -> set[str]:
    """The keys of the blocks that may hold events of a host."""
    requested = sorted({(ms >> MINUTE_BITS, serial) for ms, serial in wanted})
    keys: set[str] = set()
    for begin in range(0, len(requested), _EVENTS):
        events = [{"minute": minute, "serial": serial} for minute, serial in requested[begin : begin + _EVENTS]]
        keys.update(key for (key,) in server.read("read/line_blocks_of", host=short(host), events=events))
    return keys


def _blocks(rows: Iterable[Row]) -> Iterator[Block]:
    for source, holds_lines, block in rows:
        yield Block(unpack_text(source), holds_lines, bytes(block))


def lines_of(server: Server, host: str) -> Iterator[tuple[str, Line]]:
    """Every raw line of a host with its source, block after block."""
    return raw_events.lines_in(_blocks(server.stream("read/all_lines", host=short(host))))
