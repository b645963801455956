"""Facts: what `ingest` derives from logs, and everything that a store is given.

A fact names entities by their ids (`ingest.identity`) and times by moments (`ingest.clock`). Facts of one host travel
in a `Batch`, which a store applies in one transaction with the checkpoint that says how far the log has been read.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from .identity import EntityKind


class FlowKind(IntEnum):
    """The kinds of edge (docs/semantics.md#edges), each a flow of information from cause to effect. Values never change."""

    SPAWNED = 1
    EXECUTED = 2
    LOADED = 3
    READ = 4
    WROTE = 5
    RENAMED = 6
    LINKED = 7
    DELETED = 8
    CHANGED_MODE = 9
    CHANGED_OWNER = 10
    CONNECTED = 11
    RECEIVED = 12
    ACCEPTED = 13
    SENT = 14
    PIPED = 15
    SIGNALLED = 16
    TRACED = 17
    INJECTED = 18
    REACHED = 19
    LOGGED_IN = 20


LINEAGE = frozenset((FlowKind.SPAWNED, FlowKind.EXECUTED))
"""Flows from a process to a process that it forked, and from a program to the one that takes its place."""


class Entity(NamedTuple):
    """A node. `attributes` are those of `provenance.model` for its kind; one that is absent says nothing new."""

    id: int
    kind: EntityKind
    host: str
    first: int
    attributes: dict[str, Any]


UNKNOWN_DIRECTORY = "DIR?"
"""The beginning of a file's relative name whose directory no record names."""


class Name(NamedTuple):
    """A path that a file had, seen from moment `first` to moment `last`; or a hash of its content, as records gave it from
    `first` to `last`. The form tells the two apart (`ingest.hashes`)."""

    file: int
    path: str
    first: int
    last: int


class Flow(NamedTuple):
    """One run of an edge: information may pass from `source` to `target` at any moment in [first, last].

    (kind, source, target, first) identifies a run; a run given again with a later `last`, a larger `times` or more
    evidence replaces the former. `times` is how many flows the run stands for; `evidence` is packed by
    `pack_evidence`. `open` marks a channel that the end of the log found open: it is provisional, and is given again by
    the next run of `ingest` on this host. `detail` holds what few flows have: `bytes`, and for REACHED `confidence`
    (0..1), `skew` (target's clock minus source's, ms) and `reason`.
    """

    kind: FlowKind
    source: int
    target: int
    first: int
    last: int
    times: int
    evidence: bytes
    open: bool = False
    detail: dict[str, Any] | None = None


class Connection(NamedTuple):
    """One end of a connection, for the join across hosts (docs/across-hosts.md). `local_*` is None where no record says."""

    host: str
    process: int
    endpoint: int
    inbound: bool
    protocol: str
    remote_ip: str
    remote_port: int
    local_ip: str | None
    local_port: int | None
    first: int
    last: int


class Note(NamedTuple):
    """A record that is not a flow (a login, a service start, a denial). `subject` is the id of the entity it is about, or
    None."""

    moment: int
    ms: int
    serial: int
    type: str
    subject: int | None
    text: str


class Blind(NamedTuple):
    """A blind interval: from moment `first` to moment `last` the log may lack events; `why` says which and for what reason."""

    host: str
    first: int
    last: int
    why: str


class Line(NamedTuple):
    """The raw lines of one event, and its byte offset in its source."""

    moment: int
    ms: int
    serial: int
    raw: bytes
    offset: int


@dataclass(slots=True)
class Batch:
    """The facts of a stretch of one host's log, in the order in which they became known.

    `entities` may hold an id more than once; later attributes replace earlier ones, key by key. `tallies` are amounts
    to add to the host's counters (`events`, `unhandled:NAME` of calls, `unread:NAME` of record types, ...).
    `checkpoint` is the state to go on from: opaque to the store, kept in the same transaction. `begins` asks the store to
    drop the host's provisional (`open`) flows first, because this batch continues from the checkpoint that preceded them.
    """

    host: str
    entities: list[Entity] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    blinds: list[Blind] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    tallies: dict[str, int] = field(default_factory=dict)
    first: int = 0
    last: int = 0
    source: str = ""
    checkpoint: bytes | None = None
    begins: bool = False


_EVIDENCE = struct.Struct(">QI")


class Evidence(NamedTuple):
    """An event behind an edge: its own record time (ms since the epoch) and serial, unique within a host."""

    ms: int
    serial: int


def pack_evidence(*events: tuple[int, int]) -> bytes:
    """(ms, serial) pairs as bytes, 12 each; the concatenation of two packed values packs both."""
    return b"".join(_EVIDENCE.pack(ms, serial) for ms, serial in events)


events_of: Callable[[bytes | bytearray], Iterator[tuple[int, int]]] = _EVIDENCE.iter_unpack
"""The (ms, serial) pairs of packed evidence, unchanged."""


def unpack_evidence(packed: bytes) -> list[Evidence]:
    """The events of packed evidence, in order, without repeats."""
    return list(dict.fromkeys(Evidence(*pair) for pair in _EVIDENCE.iter_unpack(packed)))
