"""A store whose work can be stopped, counted and watched: what every operation of the service reads through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from provenance.ingest.facts import Blind, Connection, Flow, FlowKind, Line, Note
from provenance.service.tracing.brake import Brake
from provenance.store.documents import Documents
from provenance.store.interface import (
    Direction,
    EventKey,
    HostSummary,
    Node,
    RawEvent,
    Selector,
    Statistics,
    Store,
    Writer,
)
from provenance.trace.path_so_far import PathSoFar

_T = TypeVar("_T")
_EVERY = 64


class Progress(NamedTuple):
    """How far a trace is: entities that its walk came to, runs of flows that it read, and its best path so far."""

    entities: int = 0
    runs: int = 0
    path: tuple[Flow, ...] = ()


class WatchedStore:
    """Implements `provenance.store.interface.Store` over another one. Every call, and every few answers of a call, first
    look whether the work is to go on. `calls` counts the calls by name, `flows_seen` and `reached` what a walk has seen so far;
    `path` follows the walk.
    """

    def __init__(self, store: Store, brake: Brake, path: PathSoFar | None = None) -> None:
        self._store = store
        self._brake = self.brake = brake
        self.calls: Counter[str] = Counter()
        self.flows_seen = 0
        self.reached: set[int] = set()
        self._path = path
        self._helper = Progress()

    def note_progress(self, progress: Progress) -> None:
        """How far a helper process is that walks instead."""
        self._helper = progress

    @property
    def progress(self) -> Progress:
        """How far the walk is, here or in a helper process."""
        path = () if self._path is None else self._path.best()
        here, helper = Progress(len(self.reached), self.flows_seen, path), self._helper
        return Progress(*max(here[:2], helper[:2]), here.path or helper.path)

    def _called(self, name: str) -> Store:
        self._brake.check()
        self.calls[name] += 1
        return self._store

    def _braked(self, answers: Iterable[_T]) -> Iterator[_T]:
        for number, answer in enumerate(answers):
            if number % _EVERY == 0:
                self._brake.check()
            yield answer

    def writer(self, wait_s: float = 0.0) -> Writer:
        """The store's writer."""
        return self._called("writer").writer(wait_s)

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        """The flows one step from a frontier, counted."""
        store = self._called("expand")
        self.reached.update(frontier)
        for flow in self._braked(store.expand(direction, frontier, limit)):
            self.flows_seen += 1
            if self._path is not None:
                near = flow.target if direction is Direction.BACKWARD else flow.source
                self._path.add_run(direction, flow, frontier[near])
            yield flow

    def flows(self, source: int | None, target: int | None, kind: FlowKind | None = None) -> Iterator[Flow]:
        """Runs by their ends."""
        return self._braked(self._called("flows").flows(source, target, kind))

    def nodes(self, ids: Iterable[int]) -> Mapping[int, Node]:
        """Entities by their ids."""
        return self._called("nodes").nodes(ids)

    def all_nodes(self) -> Iterator[Node]:
        """Every entity."""
        return self._braked(self._called("all_nodes").all_nodes())

    def all_flows(self) -> Iterator[Flow]:
        """Every run."""
        return self._braked(self._called("all_flows").all_flows())

    def find(self, selector: Selector, limit: int | None = None) -> Iterator[Node]:
        """Entities that match."""
        return self._braked(self._called("find").find(selector, limit))

    def flows_at(self, key: EventKey) -> Iterator[Flow]:
        """Runs whose evidence holds an event."""
        return self._braked(self._called("flows_at").flows_at(key))

    def raw(self, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
        """Raw lines."""
        return self._braked(self._called("raw").raw(keys))

    def notes(self, host: str | None, first: int, last: int, subjects: Iterable[int] | None = None) -> Iterator[Note]:
        """Notes."""
        return self._braked(self._called("notes").notes(host, first, last, subjects))

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """Blind intervals."""
        return self._called("blinds").blinds(host)

    def connections(self) -> Iterator[Connection]:
        """Connection ends."""
        return self._braked(self._called("connections").connections())

    def hosts(self) -> Sequence[HostSummary]:
        """Hosts."""
        return self._called("hosts").hosts()

    def checkpoint(self, host: str) -> bytes | None:
        """The state of a host's ingest."""
        return self._called("checkpoint").checkpoint(host)

    def lines(self, host: str) -> Iterator[tuple[str, Line]]:
        """Every raw line of a host."""
        return self._braked(self._called("lines").lines(host))

    def documents(self) -> Documents:
        """What the service keeps beside the graph."""
        return self._called("documents").documents()

    def statistics(self) -> Statistics:
        """Counts."""
        return self._called("statistics").statistics()

    def close(self) -> None:
        """Leaves the store open: it is the service's."""
