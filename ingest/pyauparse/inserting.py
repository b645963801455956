"""Events that another parser has read, put in order among those of this one: logs of one host that overlap."""

from __future__ import annotations

from .assembler import Assembler
from .boots import Sign, sign_of
from .event import Event
from .headers import Header


def insert(assembler: Assembler, event: Event) -> None:
    """Give an event its place among the events of its host. Records that the host has already are left out."""
    event.late = False
    if event.daemon:
        assembler.open_daemon(event, event.first("DAEMON_START") is not None)
        return
    stamp = event.ms, event.serial
    known = assembler.events.get(stamp)
    if known is None:
        assembler.open(event, stamp, sign=max(_signs(event), default=Sign.NONE))
        return
    lines, records = event.raw_records, list(event.records)
    if len(lines) != len(records):
        lines = [event.raw] * len(records)
    for record, line in zip(records, lines, strict=True):
        known.add(record, line)


def _signs(event: Event) -> list[Sign]:
    """The signs of a boot that the records of an event are."""
    types = {type for type in event.types if type in ("SYSTEM_BOOT", "KERNEL", "CONFIG_CHANGE", "SERVICE_START")}
    if not types:
        return []
    body = event.raw.decode("utf-8", "surrogateescape")
    return [sign_of(Header(event.node, type, event.ms, event.serial, body)) for type in types]
