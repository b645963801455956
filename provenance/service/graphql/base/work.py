"""The work of one operation: its reads of the store, in batches and with a time limit; and the engine that operations share."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from strawberry.dataloader import DataLoader

from provenance.ingest.clock import FIRST, LAST
from provenance.ingest.facts import Blind, Flow, Note
from provenance.service.auth.tokens import Principal, Scope
from provenance.service.graphql.base.errors import OperationRejected
from provenance.service.graphql.base.known_documents import KnownDocuments
from provenance.service.graphql.base.latest import Latest
from provenance.service.graphql.base.limits import Limits
from provenance.service.graphql.base.minutes import Minutes
from provenance.service.graphql.base.shares import SharedThreads
from provenance.service.service import Service
from provenance.service.tracing.brake import Brake
from provenance.service.tracing.watched_store import WatchedStore
from provenance.store.documents import Document
from provenance.store.interface import Direction, EventKey, HostSummary, Node, RawEvent, Store

_T = TypeVar("_T")


class Engine:
    """The part that all operations share: the service, the limits, the threads that read the store, and the caches."""

    def __init__(self, service: Service, limits: Limits) -> None:
        self.service = service
        self.limits = limits
        self.minutes = Minutes()
        self.documents = KnownDocuments()
        self.threads = SharedThreads(limits.workers, limits.workers_each)
        self.latest = Latest(limits.poll_seconds)
        self.running: Counter[str] = Counter()
        """How many operations of each principal run."""

    def close(self) -> None:
        """Accepts no more work and waits for running reads: the store is closed next."""
        self.threads.close()


class Work:
    """The work of one operation. Its loaders combine what the operation needs at the same moment into one read of the store.

    Raises OperationRejected if the principal has too many at once. `finish` ends it."""

    def __init__(
        self,
        engine: Engine,
        principal: Principal,
        seconds: float | None,
        authenticate_again: Callable[[], None] = lambda: None,
    ) -> None:
        if engine.running[principal.name] >= engine.limits.operations_each:
            message = (
                f"too many operations at once with this token: at most {engine.limits.operations_each} are allowed"
            )
            raise OperationRejected("TOO_OFTEN", message)
        engine.running[principal.name] += 1
        self._finished = False
        self.engine = engine
        self.principal = principal
        self._authenticate_again = authenticate_again
        self.brake = Brake(seconds)
        self.store = WatchedStore(engine.service.store, self.brake)
        self._preloaded: list[Mapping[int, Node]] = []
        self._nodes = DataLoader(load_fn=self._read_nodes)
        self.incoming = DataLoader(load_fn=self._read_incoming)
        self.outgoing = DataLoader(load_fn=self._read_outgoing)
        self.notes = DataLoader(load_fn=self._read_notes)
        self.raw = DataLoader(load_fn=self._read_raw)
        self.documents = DataLoader(load_fn=self._read_documents)
        self._hosts: asyncio.Future[Mapping[str, HostSummary]] | None = None
        self._blinds: asyncio.Future[Sequence[Blind]] | None = None

    def require(self, scope: Scope) -> None:
        """Raises OperationRejected unless the principal has a scope."""
        if not self.principal.may(scope):
            raise OperationRejected("FORBIDDEN", f"this operation needs a token with the scope {scope.value}")

    async def poll(self) -> AsyncIterator[None]:
        """Yields at once and then at regular intervals until the service stops. Raises OperationRejected when the token is no
        longer valid."""
        limits, stopping = self.engine.limits, self.engine.service.stopping
        last_check = time.monotonic()
        while not stopping.is_set():
            yield
            await asyncio.sleep(limits.poll_seconds)
            if time.monotonic() - last_check > limits.token_check_seconds:
                await asyncio.to_thread(self._authenticate_again)
                last_check = time.monotonic()

    async def ask(self, read: Callable[[], _T], brake: Brake | None = None) -> _T:
        """The result of a function that reads the store, called in another thread. Raises OutOfTime."""
        brake = brake or self.brake
        brake.check()
        result = asyncio.wrap_future(self.engine.threads.submit(self.principal.name, read))
        try:
            return await asyncio.wait_for(result, brake.left())
        except TimeoutError:
            brake.stop()
            raise brake.out_of_time() from None

    async def latest(self, question: Hashable, read: Callable[[Store], _T]) -> _T:
        """The result of a function that reads the store, for streams: shared by all that ask the same question at about the same
        time; what has not changed is the same object. Raises StoreError."""
        engine = self.engine
        return await engine.latest.get(
            question, lambda: asyncio.wrap_future(engine.threads.submit("", lambda: read(engine.service.store)))
        )

    def finish(self) -> None:
        """Stops the reads that still run."""
        self.brake.stop()
        if not self._finished:
            self._finished = True
            running, name = self.engine.running, self.principal.name
            running[name] -= 1
            if not running[name]:
                del running[name]

    def preload(self, nodes: Mapping[int, Node]) -> None:
        """Adds entities that are in memory, so that they are not read again."""
        self._preloaded.append(nodes)

    async def node(self, id: int) -> Node | None:
        """An entity, None if it is not in the store."""
        for nodes in self._preloaded:
            if id in nodes:
                return nodes[id]
        return await self._nodes.load(id)

    async def nodes(self, ids: Sequence[int]) -> dict[int, Node]:
        """The entities with these ids that are in the store."""
        found = await asyncio.gather(*(self.node(id) for id in ids))
        return {node.id: node for node in found if node is not None}

    async def hosts(self) -> Mapping[str, HostSummary]:
        """The summaries of all hosts, by name."""
        if self._hosts is None:
            self._hosts = asyncio.ensure_future(self.ask(self._read_hosts))
        return await self._hosts

    def _read_hosts(self) -> Mapping[str, HostSummary]:
        return {host.host: host for host in self.store.hosts()}

    async def blinds(self) -> Sequence[Blind]:
        """Every blind interval."""
        if self._blinds is None:
            self._blinds = asyncio.ensure_future(self.ask(lambda: self.store.blinds()))
        return await self._blinds

    async def _read_nodes(self, ids: list[int]) -> list[Node | None]:
        found = await self.ask(lambda: self.store.nodes(ids))
        return [found.get(id) for id in ids]

    async def _read_incoming(self, ids: list[int]) -> list[list[Flow]]:
        return await self._read_flows(Direction.BACKWARD, ids)

    async def _read_outgoing(self, ids: list[int]) -> list[list[Flow]]:
        return await self._read_flows(Direction.FORWARD, ids)

    async def _read_flows(self, direction: Direction, ids: list[int]) -> list[list[Flow]]:
        """The runs of flows at each entity, at most one more than the limit for an entity."""
        backward = direction is Direction.BACKWARD
        frontier = dict.fromkeys(ids, LAST if backward else FIRST)
        limit = self.engine.limits.runs_per_entity + 1

        def read() -> list[list[Flow]]:
            found: dict[int, list[Flow]] = {id: [] for id in ids}
            for flow in self.store.expand(direction, frontier, limit):
                found[flow.target if backward else flow.source].append(flow)
            return [found[id] for id in ids]

        return await self.ask(read)

    async def _read_notes(self, ids: list[int]) -> list[list[Note]]:
        def read() -> list[list[Note]]:
            found: dict[int | None, list[Note]] = {id: [] for id in ids}
            for note in self.store.notes(None, FIRST, LAST, ids):
                found[note.subject].append(note)
            return [found[id] for id in ids]

        return await self.ask(read)

    async def _read_raw(self, keys: list[EventKey]) -> list[RawEvent | None]:
        found = await self.ask(lambda: {event.key: event for event in self.store.raw(keys)})
        return [found.get(key) for key in keys]

    async def _read_documents(self, keys: list[tuple[str, str]]) -> list[Document | None]:
        return await self.ask(lambda: list(self.store.documents().get_many(keys)))
