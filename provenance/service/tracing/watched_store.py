"""The watched store: a store whose reads are counted and can be stopped. All operations of the service read through one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, TypeVar

from provenance.ingest.facts import Blind, Connection, Flow, FlowKind, Line, Note
from provenance.ingest.identity import EntityKind
from provenance.service.tracing.brake import Brake
from provenance.store.documents import Documents
from provenance.store.hunts import LIMIT_S, Hunt, HuntResult, Stop, never
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
from provenance.trace.slice.path_so_far import PathSoFar

_T = TypeVar("_T")
_EVERY = 64


class Progress(NamedTuple):
    """The progress of a trace: the entities that its walk reached, the runs of flows that it read, and its best path so far."""

    entities: int = 0
    runs: int = 0
    path: tuple[Flow, ...] = ()


class WatchedStore:
    """A `provenance.store.interface.Store` over another one. Every call checks the brake, and so does every 64th result of a
    call. `calls` counts the calls by name; `flows_seen` and `reached` are the flows read and the entities reached by a walk;
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
        """Notes the progress of the helper process that computes the trace."""
        self._helper = progress

    @property
    def progress(self) -> Progress:
        """The progress of the walk, in this process or in a helper process."""
        path = () if self._path is None else self._path.best()
        own, helper = Progress(len(self.reached), self.flows_seen, path), self._helper
        return Progress(*max(own[:2], helper[:2]), own.path or helper.path)

    def _for_call(self, name: str) -> Store:
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
        return self._for_call("writer").writer(wait_s)

    def snapshot(self) -> AbstractContextManager[None]:
        """A context in which this thread reads one state of the store."""
        return self._store.snapshot()

    @property
    def has_snapshots(self) -> bool:
        """Whether the store has snapshots."""
        return self._store.has_snapshots

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None = None) -> Iterator[Flow]:
        """The flows one step from a frontier; each is counted."""
        store = self._for_call("expand")
        self.reached.update(frontier)
        if self._path is not None:
            self._path.begin_round(direction, frontier)
        for flow in self._braked(store.expand(direction, frontier, limit)):
            self.flows_seen += 1
            if self._path is not None:
                near = flow.target if direction is Direction.BACKWARD else flow.source
                self._path.add_run(direction, flow, frontier[near])
            yield flow

    def flows(self, source: int | None, target: int | None, kind: FlowKind | None = None) -> Iterator[Flow]:
        """Runs by their ends."""
        return self._braked(self._for_call("flows").flows(source, target, kind))

    def nodes(self, ids: Iterable[int]) -> Mapping[int, Node]:
        """Entities by their ids."""
        found = self._for_call("nodes").nodes(ids)
        if self._path is not None:
            self._path.note_peers(found.values())
        return found

    def all_nodes(self) -> Iterator[Node]:
        """Every entity."""
        return self._braked(self._for_call("all_nodes").all_nodes())

    def all_flows(self) -> Iterator[Flow]:
        """Every run."""
        return self._braked(self._for_call("all_flows").all_flows())

    def find(
        self, selector: Selector, limit: int | None = None, newest: bool = False, stop: Stop = never
    ) -> Iterator[Node]:
        """Entities that match. A search for a pattern stops when the brake does."""

        def braked() -> bool:
            self._brake.check()
            return stop()

        return self._braked(self._for_call("find").find(selector, limit, newest, braked))

    def nodes_between(self, kind: EntityKind, low: int, high: int, limit: int) -> Sequence[Node]:
        """Entities of a kind with an id in a range."""
        return self._for_call("nodes_between").nodes_between(kind, low, high, limit)

    def flows_at(self, key: EventKey) -> Iterator[Flow]:
        """Runs whose evidence holds an event."""
        return self._braked(self._for_call("flows_at").flows_at(key))

    def raw(self, keys: Iterable[EventKey]) -> Iterator[RawEvent]:
        """Raw lines."""
        return self._braked(self._for_call("raw").raw(keys))

    def notes(self, host: str | None, first: int, last: int, subjects: Iterable[int] | None = None) -> Iterator[Note]:
        """Notes."""
        return self._braked(self._for_call("notes").notes(host, first, last, subjects))

    def blinds(self, host: str | None = None) -> Sequence[Blind]:
        """Blind intervals."""
        return self._for_call("blinds").blinds(host)

    def connections(self) -> Iterator[Connection]:
        """Connection ends."""
        return self._braked(self._for_call("connections").connections())

    def hosts(self) -> Sequence[HostSummary]:
        """Hosts."""
        return self._for_call("hosts").hosts()

    def checkpoint(self, host: str) -> bytes | None:
        """The state of a host's ingest."""
        return self._for_call("checkpoint").checkpoint(host)

    def lines(self, host: str) -> Iterator[tuple[str, Line]]:
        """Every raw line of a host."""
        return self._braked(self._for_call("lines").lines(host))

    def documents(self) -> Documents:
        """The documents beside the graph."""
        return self._for_call("documents").documents()

    def hunt(
        self,
        hunt: Hunt,
        parameters: Mapping[str, int],
        limit: int | None = None,
        seconds: float = LIMIT_S,
        stop: Stop = never,
    ) -> HuntResult:
        """The rows of a hunt, within the time that the brake leaves; the hunt stops when the brake does."""
        remaining = self._brake.left()
        seconds = seconds if remaining is None else min(seconds, max(remaining, 0.1))
        return self._for_call("hunt").hunt(hunt, parameters, limit, seconds, lambda: stop() or self._brake.stopped)

    def supports(self, hunt: Hunt) -> bool:
        """Whether the store supports a hunt."""
        return self._for_call("supports").supports(hunt)

    def statistics(self) -> Statistics:
        """Counts."""
        return self._for_call("statistics").statistics()

    def check_place(self) -> None:
        """Whether what is written is kept."""
        self._for_call("check_place").check_place()

    def close(self) -> None:
        """Does nothing: the service closes the store."""
