"""From an event to its runs and its raw lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ingest.facts import Flow, Line, pack_evidence, unpack_evidence
from provenance.store.interface import EventKey, RawEvent
from provenance.store.neo4j import witness
from provenance.store.neo4j.flows import KINDS, to_flow
from provenance.store.neo4j.server import Row, Server
from provenance.store.neo4j.text import short, unpack_text
from provenance.store.sqlite import lines
from provenance.store.sqlite.sources import read_again
from provenance.store.sqlite.witness import MINUTE_BITS

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
    found = {flow[:4]: flow for flow in map(to_flow, rows) if _holds(flow.evidence, key)}
    yield from sorted(found.values(), key=lambda flow: (flow.first, flow.source, flow.target, flow.kind))


def _holds(evidence: bytes, key: EventKey) -> bool:
    wanted = (key.ms, key.serial)
    return pack_evidence(wanted) in evidence and wanted in unpack_evidence(evidence)


def raw(server: Server, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
    """The raw lines of events, in order of (host, moment)."""
    hosts: dict[str, set[tuple[int, int]]] = {}
    for host, ms, serial in keys:
        hosts.setdefault(host, set()).add((ms, serial))
    for host in sorted(hosts):
        found = _of_host(server, host, hosts[host])
        yield from (event for _, event in sorted(found.items()))


def _of_host(server: Server, host: str, wanted: set[tuple[int, int]]) -> dict[tuple[int, int, int], RawEvent]:
    events: dict[tuple[int, int, int], RawEvent] = {}
    referenced: dict[str, list[lines.Place]] = {}
    for packed_source, kept, block in _blocks(server, host, wanted):
        source = unpack_text(packed_source)
        for place in lines.unpack(bytes(block), kept):
            if (place.ms, place.serial) not in wanted:
                continue
            if kept:
                events[place.moment, place.serial, place.ms] = _event(host, place, place.raw, source)
            else:
                referenced.setdefault(source, []).append(place)
    for source, places in referenced.items():
        for place, content in read_again(source, places):
            events[place.moment, place.serial, place.ms] = _event(host, place, content, source)
    return events


def _blocks(server: Server, host: str, wanted: set[tuple[int, int]]) -> Iterator[Row]:
    """Each block once, in an order that does not depend on how often it was asked for."""
    asked = sorted({(ms >> MINUTE_BITS, serial) for ms, serial in wanted})
    keys: set[Any] = set()
    for begin in range(0, len(asked), _EVENTS):
        events = [{"minute": minute, "serial": serial} for minute, serial in asked[begin : begin + _EVENTS]]
        keys.update(key for (key,) in server.read("read/line_blocks_of", host=short(host), events=events))
    for key in sorted(keys):
        yield from server.read("read/line_block", key=key)


def _event(host: str, place: lines.Place, content: bytes, source: str) -> RawEvent:
    return RawEvent(EventKey(host, place.ms, place.serial), content, source, place.offset)


def lines_of(server: Server, host: str) -> Iterator[tuple[str, Line]]:
    """Every raw line of a host with its source, block after block."""
    for packed_source, kept, block in server.stream("read/all_lines", host=short(host)):
        source = unpack_text(packed_source)
        places = lines.unpack(bytes(block), kept)
        for place, content in _raw_places(source, places, kept):
            yield source, Line(place.moment, place.ms, place.serial, content, place.offset)


def _raw_places(source: str, places: Iterable[lines.Place], kept: bool) -> Iterator[tuple[lines.Place, bytes]]:
    if kept:
        return ((place, place.raw) for place in places)
    return read_again(source, list(places))
