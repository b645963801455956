"""A plain reference store: everything in dictionaries, every query a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provenance.ingest.facts import Batch, Blind, Connection, Entity, Flow, FlowKind, Name, Note, unpack_evidence
from provenance.store.interface import Direction, EventKey, Node

FlowPlace = tuple[FlowKind, int, int, int]


@dataclass
class Oracle:
    """Holds the facts of batches; the attributes hold the results of the methods of a store."""

    entities: dict[int, Entity] = field(default_factory=dict)
    names: dict[tuple[int, str], Name] = field(default_factory=dict)
    runs: dict[FlowPlace, Flow] = field(default_factory=dict)
    host_of: dict[FlowPlace, str] = field(default_factory=dict)
    covered: dict[FlowPlace, Flow] = field(default_factory=dict)
    notes: set[tuple[str, Note]] = field(default_factory=set)
    blinds: dict[tuple[str, int, str], Blind] = field(default_factory=dict)
    connections: dict[tuple[Any, ...], Connection] = field(default_factory=dict)
    tallies: dict[str, dict[str, int]] = field(default_factory=dict)

    def apply(self, batch: Batch) -> None:
        if batch.begins:
            self._drop_provisional(batch.host)
        for entity in batch.entities:
            known = self.entities.get(entity.id)
            self.entities[entity.id] = entity if known is None else _described(known, entity)
        for name in batch.names:
            former = self.names.get(name[:2], name)
            self.names[name[:2]] = Name(*name[:2], min(former.first, name.first), max(former.last, name.last))
        for flow in sorted(batch.flows, key=lambda flow: flow.open):
            self._run(flow, batch.host)
        self.notes.update((batch.host, note) for note in batch.notes)
        for blind in batch.blinds:
            place = (blind.host, blind.first, blind.why)
            last = self.blinds[place].last if place in self.blinds else blind.last
            self.blinds[place] = blind._replace(last=max(last, blind.last))
        for end in batch.connections:
            latest = self.connections[end[:-1]].last if end[:-1] in self.connections else end.last
            self.connections[end[:-1]] = end._replace(last=max(latest, end.last))
        counters = self.tallies.setdefault(batch.host, {})
        for counter, amount in batch.tallies.items():
            counters[counter] = counters.get(counter, 0) + amount

    def join(self, flows: Iterable[Flow], replace: bool) -> None:
        if replace:
            self.runs = {place: flow for place, flow in self.runs.items() if flow.kind is not FlowKind.REACHED}
        for flow in flows:
            self._run(flow, "")

    def _run(self, flow: Flow, host: str) -> None:
        place = (flow.kind, flow.source, flow.target, flow.first)
        known = self.runs.get(place)
        if known is None:
            self.runs[place], self.host_of[place] = flow, host
            return
        if flow.open and not known.open:
            self.covered[place], self.host_of[place] = known, host
        self.runs[place] = known._replace(
            last=max(known.last, flow.last),
            times=max(known.times, flow.times),
            evidence=flow.evidence if len(flow.evidence) > len(known.evidence) else known.evidence,
            open=flow.open,
            detail=flow.detail if flow.detail is not None else known.detail,
        )

    def _drop_provisional(self, host: str) -> None:
        for place, flow in list(self.runs.items()):
            if flow.open and self.host_of[place] == host:
                del self.runs[place]
                if place in self.covered:
                    self.runs[place] = self.covered[place]
        self.covered = {place: flow for place, flow in self.covered.items() if self.host_of[place] != host}

    def nodes(self) -> dict[int, Node]:
        return {
            id: Node(
                id,
                entity.kind,
                entity.host,
                entity.first,
                entity.attributes,
                tuple(sorted((n for n in self.names.values() if n.file == id), key=lambda n: (n.first, n.path))),
            )
            for id, entity in self.entities.items()
        }

    def expand(self, direction: Direction, frontier: Mapping[int, int], limit: int | None) -> Iterator[Flow]:
        backward = direction is Direction.BACKWARD
        for node, bound in sorted(frontier.items()):
            found = [
                flow
                for flow in self.runs.values()
                if (flow.target if backward else flow.source) == node
                and (flow.kind is FlowKind.REACHED or (flow.first <= bound if backward else flow.last >= bound))
            ]
            found.sort(key=lambda flow: (-flow.first if backward else flow.first, flow[1:3], flow.kind))
            yield from sorted(found[:limit], key=lambda flow: (flow.first, flow[1:3], flow.kind))

    def flows_at(self, key: EventKey) -> set[FlowPlace]:
        """Runs of this host's events; ids of two hosts never meet in one run, so any end tells."""
        return {
            place
            for place, flow in self.runs.items()
            if self.entities[flow.source].host == key.host and key[1:] in unpack_evidence(flow.evidence)
        }


def _described(known: Entity, entity: Entity) -> Entity:
    return known._replace(first=min(known.first, entity.first), attributes={**known.attributes, **entity.attributes})
