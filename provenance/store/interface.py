"""The interface of stores: what tracing, reports and the service may call, and what every store implements.

A store keeps the facts of each `ingest.facts.Batch` and returns them as the same types. It knows nothing of audit records, and
its callers know nothing of the store behind this interface. Ids and moments are those of `ingest`; every store returns the
same results in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol

from provenance.ingest.facts import Batch, Blind, Connection, Flow, FlowKind, Line, Name, Note
from provenance.ingest.identity import EntityKind
from provenance.store.documents import Document, Documents
from provenance.store.hunts import LIMIT_S, Hunt, HuntResult, Stop, never


class Direction(Enum):
    """Which way a trace walks: to the causes, or to the effects."""

    BACKWARD = "backward"
    FORWARD = "forward"


class Lines(Enum):
    """How a store handles the raw lines of batches."""

    KEEP = "keep"
    """Store them, compressed."""
    REFERENCE = "reference"
    """Store their place and digest, and read them from their source again."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Node:
    """An entity as a store returns it. `attributes` follow `provenance.model`, in order of their names; `names`, a
    file's hashes among them (`ingest.hashes`), are in order of `first`."""

    id: int
    kind: EntityKind
    host: str
    first: int
    attributes: Mapping[str, Any]
    names: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that all hold together. Text conditions are exact unless said otherwise.

    `command` is a Python regular expression searched in the full command line; `file` a path or a glob (`*`, `?`, `[`)
    over every path a file ever had; `remote` an IP address with an optional port; `network` an IP network in CIDR
    notation, for peers with an address in it; `hash` a hash in normal form (`ingest.hashes.normal`), of a file that ever had
    it. `user` is the name of the user of a process or session, or the decimal number of its uid, euid or auid. `since` and
    `until` are the earliest and latest moment at which an entity is first recorded, both included.
    """

    kinds: frozenset[EntityKind] | None = None
    host: str | None = None
    command: str | None = None
    pid: int | None = None
    file: str | None = None
    remote_ip: str | None = None
    remote_port: int | None = None
    hash: str | None = None
    network: str | None = None
    user: str | None = None
    since: int | None = None
    until: int | None = None


class EventKey(NamedTuple):
    """One audit event: its host, record time (ms since the epoch) and serial."""

    host: str
    ms: int
    serial: int


@dataclass(frozen=True, slots=True)
class RawEvent:
    """The exact lines of an event, without the last newline, and their source and offset in bytes."""

    key: EventKey
    raw: bytes
    source: str
    offset: int


class HostSummary(NamedTuple):
    """A summary of one host in a store. `tallies` are the counters of its batches; `skew_ms` the correction of its clock."""

    host: str
    first: int
    last: int
    tallies: Mapping[str, int]
    addresses: tuple[str, ...]
    skew_ms: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a whole store."""

    nodes: Mapping[EntityKind, int]
    flows: Mapping[FlowKind, int]
    hosts: tuple[HostSummary, ...]
    blinds: tuple[Blind, ...]
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Cut:
    """Which old history to drop: everything older than `before`, a moment of each host's own clock.

    `pinned` entities stay with the flows between them and the notes about them, `needed` ones stay alone; `events` keep
    their raw lines. `connections` are the connection ends to drop.
    """

    before: int
    pinned: frozenset[int] = frozenset()
    needed: frozenset[int] = frozenset()
    events: frozenset[EventKey] = frozenset()
    connections: tuple[Connection, ...] = ()


class DropCounts(NamedTuple):
    """How much was dropped. Raw lines are dropped by time, in whole blocks, and are not counted."""

    entities: int
    flows: int
    notes: int
    blinds: int
    connections: int


class Writer(Protocol):
    """The one writer of a store, a context manager. Other writers wait, or raise StoreBusy, which names the holder."""

    def checkpoint(self, host: str) -> bytes | None:
        """The state that the last batch of `host` left, None for a host never seen."""
        ...

    def apply(self, batch: Batch, documents: Sequence[Document] = ()) -> None:
        """Store a batch, its checkpoint and new documents in one transaction. Applying a batch again would change only the
        tallies (callers do not: they continue from the checkpoint)."""
        ...

    def join(self, flows: Sequence[Flow], replace: bool = True) -> None:
        """Store REACHED flows, which belong to no single host; with `replace`, in place of all former ones."""
        ...

    def describe_host(self, host: str, addresses: Sequence[str], skew_ms: int) -> None:
        """Store the addresses of a host and the correction of its clock (ms to add to its times)."""
        ...

    def prune(self, cut: Cut) -> DropCounts:
        """Drop what is older than a cut, by the rules of `provenance.store.retention`. If interrupted, call it again."""
        ...

    def __enter__(self) -> Writer: ...

    def __exit__(self, *exc: object) -> None: ...


class Store(Protocol):
    """A store: reads, and opens the writer. Raises the errors of `provenance.errors`."""

    def writer(self, wait_s: float = 0.0) -> Writer:
        """The writer; waits up to `wait_s` seconds for another one to finish, then raises StoreBusy naming it."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """A context in which all that this thread reads is of one state of the store, that of the first read, if
        `has_snapshots`; else each call is of one state, or of less. It may be nested; new data is not seen until it ends."""
        ...

    @property
    def has_snapshots(self) -> bool:
        """Whether `snapshot` holds what it says (`provenance.store.one_state`)."""
        ...

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        """The flows one step from a frontier of node -> bound (a moment on the node's host).

        Backward: flows whose target is in the frontier with first <= its bound. Forward: flows whose source is in it
        with last >= its bound. REACHED flows are returned regardless of time (their ends have two clocks). Ordered by
        (target, first, source, kind) backward and (source, first, target, kind) forward; at most `limit` of them per
        node, REACHED ones counted, when given: those nearest to the bound (backward: greatest first; forward: least
        first; among equals the least other end and kind).
        """
        ...

    def flows(self, source: int | None, target: int | None, kind: FlowKind | None = None) -> Iterator[Flow]:
        """All runs from `source`, to `target`, between both or, with neither, all, in order of (first, source, target,
        kind). Only REACHED ones are found quickly with neither."""
        ...

    def nodes(self, ids: Iterable[int]) -> Mapping[int, Node]:
        """The entities with these ids, with their names. Unknown ids are left out, and so are entities that no batch has
        described yet."""
        ...

    def all_nodes(self) -> Iterator[Node]:
        """Every entity with its names, in no particular order: for copies and digests."""
        ...

    def all_flows(self) -> Iterator[Flow]:
        """Every run, in no particular order: for copies and digests."""
        ...

    def find(
        self, selector: Selector, limit: int | None = None, newest: bool = False, stop: Stop = never
    ) -> Iterator[Node]:
        """Entities that match, in order of (first, id); with `newest`, the latest `first` comes first, and among equals the
        least id. Raises UsageError for an invalid regular expression, and Stopped when `stop` is true during a search."""
        ...

    def nodes_between(self, kind: EntityKind, low: int, high: int, limit: int) -> Sequence[Node]:
        """At most `limit` entities of a kind with an id in [low, high], in order of id: for ids that a user shortened."""
        ...

    def flows_at(self, key: EventKey) -> Iterator[Flow]:
        """The runs whose evidence holds this event, in order of (first, source, target, kind). The evidence of a
        REACHED flow are events of its source's host."""
        ...

    def raw(self, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
        """The raw lines of events, in order of (host, moment); events without stored lines are left out. Raises StoreError
        when the store holds only references to the lines and their source is missing or has changed."""
        ...

    def notes(self, host: str | None, first: int, last: int, subjects: Iterable[int] | None = None) -> Iterator[Note]:
        """Notes in [first, last], in order of moment."""
        ...

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """Blind intervals, in order of (host, first)."""
        ...

    def connections(self) -> Iterator[Connection]:
        """Every connection end, in no particular order: for copies, digests and the join."""
        ...

    def hosts(self) -> Sequence[HostSummary]:
        """The summaries of all hosts, by name."""
        ...

    def checkpoint(self, host: str) -> bytes | None:
        """The state that the last batch of `host` left, None for a host never seen: for copies."""
        ...

    def lines(self, host: str) -> Iterator[tuple[str, Line]]:
        """Every raw line of a host with the source it came from, in no particular order: for copies. Raises StoreError
        when the store holds only references to lines whose source is missing or has changed."""
        ...

    def documents(self) -> Documents:
        """The documents of the service, stored beside the graph; not part of a digest."""
        ...

    def hunt(
        self,
        hunt: Hunt,
        parameters: Mapping[str, int],
        limit: int | None = None,
        seconds: float = LIMIT_S,
        stop: Stop = never,
    ) -> HuntResult:
        """The rows of a hunt, at most `limit` of them. Raises UsageError for a parameter that is unknown or out of bounds, or a
        hunt that this store does not support, OutOfTime after some seconds, and Stopped soon after `stop` is true. A server
        notices `stop` only when it sends the first row."""
        ...

    def supports(self, hunt: Hunt) -> bool:
        """Whether the hunt is written in this store's language."""
        ...

    def statistics(self) -> Statistics:
        """Counts of the whole store."""
        ...

    def check_place(self) -> None:
        """Raise StoreError unless what is written now is kept where the store was opened, and can be found there later."""
        ...

    def close(self) -> None: ...
