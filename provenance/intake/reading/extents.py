"""The extent of a file: which hosts it has records of, and with which times and serials it begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from provenance.ingest.pyauparse import Event, Parser
from provenance.ingest.pyauparse.compression import kind_of
from provenance.ingest.pyauparse.errors import AuditInputError
from provenance.ingest.pyauparse.sources import STDIN, content, open_source

_SAMPLE = 1 << 18
_FEW = 33
"""The number of events that show when a file begins or ends: a single event may be of a call that waited for hours."""
_FIRST = 4
_BOOT = ("DAEMON_START", "SYSTEM_BOOT")


class Place(NamedTuple):
    """A place in the log of a host: a time in milliseconds since the epoch, and a serial."""

    ms: int
    serial: int


class Extent(NamedTuple):
    """What the beginning of a file shows: its hosts (None for lines without a host) and the place where each begins; `begin` is
    that of the file, None when no event could be read. `boots` says that it begins with a start of the machine or the daemon."""

    hosts: frozenset[str | None]
    starts: dict[str | None, Place]
    begin: Place | None
    boots: bool


def beginning(path: str, name: str | None) -> Extent:
    """The extent of a file as far as its beginning shows it. `name` is the host of lines that name none."""
    events = _events(name, _head(path))
    starts = {node: _span(events, node, last=False) for node in {event.node for event in events}}
    boots = any(event.first(type) is not None for event in events[:_FIRST] for type in _BOOT)
    return Extent(frozenset(starts) or frozenset((name,)), starts, _begin(events[:_FEW]) if events else None, boots)


def ending(path: str, name: str | None) -> dict[str | None, Place]:
    """The place at which the records of each host end that the end of a file shows. A compressed file is read as a whole."""
    events = _events(name, _tail(path))
    return {node: _span(events, node, last=True) for node in {event.node for event in events}}


def time_at(path: str, name: str | None, host: str | None, serial: int) -> int | None:
    """The time, in milliseconds since the epoch, of the first event of a host in a file whose serial is at least this; None
    without one. The file is read up to there."""
    parser = Parser(name)
    with suppress(AuditInputError):
        for chunk in content(path):
            for event in parser.feed(chunk):
                if event.node == host and event.serial >= serial and not event.daemon:
                    return event.ms
    return next((event.ms for event in parser.close() if event.node == host and event.serial >= serial), None)


def is_seekable(path: str) -> bool:
    """Whether a file can be read twice; what was read from a pipe is gone."""
    return path != STDIN and Path(path).is_file()


def _head(path: str) -> bytes:
    head = b""
    if is_seekable(path):
        with suppress(AuditInputError):
            for chunk in content(path):
                head += chunk
                if len(head) >= _SAMPLE:
                    break
    return head[:_SAMPLE]


def _tail(path: str) -> bytes:
    """The last complete lines of a file."""
    tail = b""
    if is_seekable(path):
        with suppress(AuditInputError, OSError):  # reading the file will raise it again
            tail = _last_bytes(path)
    return tail if len(tail) < _SAMPLE else tail.partition(b"\n")[2]


def _last_bytes(path: str) -> bytes:
    with open_source(path) as stream:
        if kind_of(stream.read(8)) is None:
            stream.seek(max(Path(path).stat().st_size - _SAMPLE, 0))
            return stream.read(_SAMPLE)
    tail = b""
    for chunk in content(path):
        tail = (tail + chunk)[-_SAMPLE:]
    return tail


def _events(name: str | None, sample: bytes) -> list[Event]:
    parser = Parser(name)
    return [*parser.feed(sample), *parser.close()]


def _span(events: Sequence[Event], node: str | None, last: bool) -> Place:
    """Where the events of a host begin, or end when these are the `last` ones: the first or last time and serial."""
    own = [event for event in events if event.node == node]
    near = own[-_FEW:] if last else own[:_FEW]
    serials = [event.serial for event in near if not event.daemon] or [event.serial for event in near]
    return (
        Place(max(event.ms for event in near), serials[-1])
        if last
        else Place(min(event.ms for event in near), serials[0])
    )


def _begin(events: Sequence[Event]) -> Place:
    """Where a file begins, to put files in order: a call that waited for hours, or a single wrong time, does not move it."""
    times = sorted(event.ms for event in events)
    serials = [event.serial for event in events if not event.daemon] or [event.serial for event in events]
    return Place(times[len(times) // 2], serials[0])
