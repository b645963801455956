"""Small graphs in a store, given as flows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from provenance.ingest.facts import Batch, Entity, Flow, FlowKind, pack_evidence
from provenance.ingest.identity import EntityKind
from provenance.store import open_store
from provenance.store.interface import Store


def flow(
    kind: FlowKind, source: int, target: int, first: int, last: int | None = None, skew: int | None = None
) -> Flow:
    """A run of one flow."""
    detail = None if skew is None else {"skew": skew, "confidence": 1.0}
    end = first if last is None else last
    return Flow(kind, source, target, first, end, 1, pack_evidence((first >> 20, 1)), False, detail)


def stored(
    path: Path,
    flows: Sequence[Flow],
    hosts: Mapping[int, str],
    kinds: Mapping[int, EntityKind] | None = None,
    datagrams: Collection[int] = (),
) -> Store:
    """A store with these flows; `hosts` says where each entity lives, and `datagrams` are peers that are reached by datagrams."""
    store = open_store(str(path))
    within = [run for run in flows if run.kind is not FlowKind.REACHED]
    with store.writer() as writer:
        for host in sorted(set(hosts.values())):
            entities = [
                Entity(id, EntityKind.ENDPOINT, host, 1, {"protocol": "udp", "ip": "192.0.2.53", "port": abs(id)})
                if id in datagrams
                else Entity(
                    id, (kinds or {}).get(id, EntityKind.PROCESS), host, 1, {"pid": abs(id), "command": f"p{id}"}
                )
                for id, owner in hosts.items()
                if owner == host
            ]
            writer.apply(Batch(host, entities, flows=[run for run in within if hosts[run.source] == host]))
        writer.join([run for run in flows if run.kind is FlowKind.REACHED])
    return store
