"""Small graphs in a store, written as the activity of their hosts."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from provenance.incidents.hubs import fans, hubs
from provenance.incidents.links import links, suspects
from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, pack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Direction, Store
from provenance.trace.slice.budget import DEFAULT
from provenance.trace.slice.walk import walk

_DAY = 1_800_000_000_000


def moment(second: float) -> int:
    """The moment of a second of the day on which everything happens."""
    return at_ms(_DAY + round(second * 1000))


class World:
    """Entities and flows, written by `store`. Ids are assigned in order."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._entities: list[Entity] = []
        self._host: dict[int, str] = {}
        self._flows: list[Flow] = []

    def entity(self, kind: EntityKind, host: str = "a", **attributes: Any) -> int:
        """Something that is there."""
        id = next(self._ids)
        self._entities.append(Entity(id, kind, host, 1, attributes))
        self._host[id] = host
        return id

    def process(self, parent: int | None = None, second: float = 0, host: str = "a", ses: int = 1) -> int:
        """A program that `parent` starts; without one, it is older than the log."""
        id = self.entity(EntityKind.PROCESS, host, pid=1000, ses=ses)
        if parent is not None:
            self.flow(FlowKind.SPAWNED, parent, id, second)
        return id

    def file(self, host: str = "a") -> int:
        """A file."""
        return self.entity(EntityKind.FILE, host, path="/f")

    def peer(self, ip: str, host: str = "a", port: int = 1) -> int:
        """An address that a host sees."""
        return self.entity(EntityKind.ENDPOINT, host, ip=ip, port=port, protocol="tcp")

    def flow(
        self,
        kind: FlowKind,
        source: int,
        target: int,
        second: float,
        last: float | None = None,
        skew: int | None = None,
    ) -> None:
        """Something passes from one to the other, from a second of the day to another."""
        first = moment(second)
        end = first if last is None else moment(last)
        evidence = pack_evidence((first >> 20, len(self._flows) + 1))
        detail = None if skew is None else {"skew": skew, "confidence": 1.0}
        self._flows.append(Flow(kind, source, target, first, end, 1, evidence, False, detail))

    def accepted(self, service: int, ip: str, second: float) -> int:
        """A service lets a peer in."""
        peer = self.peer(ip, self._host[service], len(self._flows) + 1024)
        self.flow(FlowKind.ACCEPTED, peer, service, second)
        return peer

    def store(self, folder: Path) -> Store:
        """All of it in a store."""
        store = open_store(str(folder / "world.db"))
        reached = [flow for flow in self._flows if flow.kind is FlowKind.REACHED]
        with store.writer() as writer:
            for host in sorted(set(self._host.values())):
                entities = [entity for entity in self._entities if entity.host == host]
                flows = [flow for flow in self._flows if flow not in reached and self._host[flow.source] == host]
                writer.apply(Batch(host, entities, flows=flows))
            writer.join(reached)
        return store


def ties(store: Store, node: int, second: float) -> set[str]:
    """The ties of an alert on an entity at a second of the day."""
    slice_ = walk(store, Direction.BACKWARD, {node: moment(second)}, None, DEFAULT)
    around = suspects(slice_)
    return set(links(slice_, hubs(around, fans(store, around))))
